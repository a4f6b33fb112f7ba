"""The machine that runs flows: state and a customer's words in, things to say and the next state out.

It reaches the world only through `World` (tools, identity), so the product, the editor's rehearsal and the tests of a file
run the very same code. It always ends: no turn passes more than `MOST_MOVES` steps, no step asks more often than it may.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from qiao.bot.flows import entities
from qiao.bot.flows.conditions import holds
from qiao.bot.flows.document import (
    AnyStep,
    Ask,
    Branch,
    CallTool,
    Confirm,
    End,
    Flow,
    Handoff,
    Say,
    Slot,
    Verify,
)
from qiao.bot.flows.state import MOST_FRAMES, Ended, Frame, Option, Outcome, Turn
from qiao.bot.flows.templates import MISSING, fill_any, lookup
from qiao.bot.flows.wording import CANCEL, CHANGE, ORDER_SLOT, VALUE, YES, Wording
from qiao.bot.tools.ports import Words
from qiao.bot.understanding.rules import Intent, intent_of
from qiao.core.text import normalize

MOST_MOVES: Final = 100
MOST_CHANGES: Final = 8
MOST_DETOURS: Final = 6
"""Questions in between, without any progress, before the flow counts them as misses."""
_CODE_SLOT: Final = Slot(
    type="code", label=Words(zh_cn="后四位", en="last four"), ask=Words(zh_cn="后四位", en="last four")
)


@dataclass
class Machine(Wording):
    """Runs one message through a state."""

    # -- doors ---------------------------------------------------------------------------------------------------------

    async def start(
        self, flow: Flow, version_id: str, run_id: str, text: str, known: Mapping[str, Any] | None = None
    ) -> Turn:
        """Begins a flow with what the sentence says already. One that is running is taken up where it stood."""
        turn = Turn()
        at = next((i for i, frame in enumerate(self.state.frames) if frame.flow == flow.flow), None)
        if at is not None:
            self.state.frames.append(self.state.frames.pop(at))
            self.go_on(turn)
            return turn
        if len(self.state.frames) >= MOST_FRAMES:
            self._end(self.state.frames[0], "abandoned", turn)
        frame = Frame(flow.flow, version_id, run_id)
        frame.slots.update({k: v for k, v in (known or {}).items() if k in flow.slots and v not in (None, "")})
        self.state.frames.append(frame)
        turn.started = flow.flow
        self._spot(flow, frame, text, None)
        await self._run(flow, frame, flow.steps[0].id, turn)
        if len(turn.lines) == 1 and frame is self.state.active and isinstance(flow.step(frame.step), Verify):
            # Who asks for a number says first what for.
            turn.lines[0].text = f"{self._t('begin', name=flow.name.text(self.world.locale))}\n{turn.lines[0].text}"
        return turn

    async def hear(self, text: str, choice: str | None = None, *, detour: bool = True) -> Turn:
        """What the customer said to the flow being talked about. With `detour`, words that may be a question of their own
        come back as `unheard`; without, they are taken as an answer or counted as a miss."""
        turn = Turn()
        frame = self.state.active
        if frame is None:
            return turn
        flow = self.world.flow(frame.version_id)
        step = next((s for s in flow.steps if s.id == frame.step), None) if flow else None
        if flow is None or step is None:
            self._end(frame, "failed", turn)
            await self._resume(turn)
            return turn
        if choice == CANCEL or (not choice and entities.is_cancel(text) and not self._declines(flow, step, text)):
            self._cancel(flow, frame, turn)
            await self._resume(turn)
            return turn
        if detour and frame.detours >= MOST_DETOURS:
            detour = False
        await self._heard(flow, frame, step, text, choice or "", detour, turn)
        if not turn.unheard:
            frame.detours = 0 if not detour else frame.detours
        return turn

    def detoured(self) -> Turn:
        """After a question in between was answered: back to what was asked."""
        turn = Turn()
        frame = self.state.active
        flow = self.world.flow(frame.version_id) if frame else None
        if frame is None or flow is None:
            return turn
        frame.detours += 1
        self.go_on(turn)
        return turn

    @property
    def place(self) -> tuple[str, str] | None:
        """The run and the step that wait."""
        frame = self.state.active
        return (frame.run_id, frame.step) if frame else None

    @property
    def takes_any(self) -> bool:
        """Whether what is waited for may be any words at all."""
        frame = self.state.active
        flow = self.world.flow(frame.version_id) if frame else None
        step = next((s for s in flow.steps if s.id == frame.step), None) if flow and frame else None
        return isinstance(step, Ask) and flow is not None and flow.slots[step.slot].type in ("text", "address")

    def stop(self, outcome: Outcome) -> list[Ended]:
        """Ends everything without a word: people have taken over, or the time is up."""
        turn = Turn()
        for frame in reversed(list(self.state.frames)):
            self._end(frame, outcome, turn)
        return turn.ended

    # -- hearing -------------------------------------------------------------------------------------------------------

    async def _heard(
        self, flow: Flow, frame: Frame, step: AnyStep, text: str, choice: str, detour: bool, turn: Turn
    ) -> None:
        if choice.startswith(CHANGE):
            await self._change(flow, frame, choice.removeprefix(CHANGE), turn)
            return
        if isinstance(step, Verify):
            await self._hear_verify(flow, frame, step, text, choice, detour, turn)
            return
        fixed = entities.correction(text)
        if fixed is not None and await self._corrected(flow, frame, step, fixed, turn):
            return
        if isinstance(step, Ask):
            await self._hear_ask(flow, frame, step, text, choice, detour, turn)
        elif isinstance(step, Confirm):
            await self._hear_confirm(flow, frame, step, text, choice, detour, turn)
        else:
            await self._run(flow, frame, step.id, turn)

    async def _hear_ask(
        self, flow: Flow, frame: Frame, step: Ask, text: str, choice: str, detour: bool, turn: Turn
    ) -> None:
        slot = flow.slots[step.slot]
        choices = self._choices(slot, frame)
        if choice.startswith(VALUE):
            value = choice.removeprefix(VALUE)
            heard = entities.Heard(value) if value in {c.value for c in choices} else entities.NOTHING
            if slot.type == "yes_no":
                heard = entities.Heard(value == "yes")
        else:
            free = slot.type in ("text", "address")
            if detour and free and entities.is_question(text):
                turn.unheard = True
                return
            heard = entities.fit(slot, text, self.world.today, choices)
        if heard.ok:
            frame.slots[step.slot] = heard.value
            self._spot(flow, frame, text, step.slot)
            await self._run(flow, frame, flow.after(step), turn)
            return
        if self._spot(flow, frame, text, step.slot) and heard.fault == "not_understood":
            await self._run(flow, frame, step.id, turn)
            return
        if detour and heard.fault == "not_understood":
            turn.unheard = True
            return
        await self._miss(flow, frame, step, turn, slot, heard)

    async def _hear_confirm(
        self, flow: Flow, frame: Frame, step: Confirm, text: str, choice: str, detour: bool, turn: Turn
    ) -> None:
        named = self._named(flow, step, text)
        if choice == YES:
            await self._run(flow, frame, flow.after(step), turn)
            return
        if frame.mode == "change" and named is None and len(step.slots) > 1:
            picked = entities.fit(
                self._which(flow, step), text, self.world.today, self._which(flow, step).choices or []
            )
            named = picked.value if picked.ok else None
        changed = self._spotted(flow, frame, text, set(step.slots))
        if changed:
            await self._rerun(flow, frame, changed, turn)
            return
        if named is not None:
            await self._change(flow, frame, named, turn)
            return
        meant = intent_of(text)
        if meant is Intent.YES:
            await self._run(flow, frame, flow.after(step), turn)
        elif meant is Intent.NO:
            changeable = [name for name in step.slots if flow.asking(name)]
            if not changeable:
                self._cancel(flow, frame, turn)
                await self._resume(turn)
            elif self._counts(frame, step.id, step.tries):
                frame.mode = "change"
                turn.say(self._t("which_change"), self._change_options(flow, changeable))
            else:
                self._hand_over(frame, turn)
        elif detour:
            turn.unheard = True
        elif self._counts(frame, step.id, step.tries):
            self._confirm(flow, frame, step, turn, self._t("again.yes_no"))
        else:
            self._hand_over(frame, turn)

    async def _hear_verify(
        self, flow: Flow, frame: Frame, step: Verify, text: str, choice: str, detour: bool, turn: Turn
    ) -> None:
        today = self.world.today
        slot = flow.slots[step.slot] if step.slot else ORDER_SLOT
        number = entities.spot(slot, text, today)
        if frame.mode == "order" and number is None:
            heard = entities.fit(slot, text, today)
            number = heard.value if heard.ok else None
        if number is not None:
            frame.proof = str(number)
            # Both in one message: 订单 KL80010023，手机尾号 0101.
            rest = normalize(text).replace(normalize(str(number)), " ")
            code = entities.fit(_CODE_SLOT, rest, today)
        elif frame.mode == "code":
            code = entities.fit(_CODE_SLOT, text, today)
        else:
            code = entities.NOTHING
        if frame.proof and code.ok:
            await self._prove(flow, frame, step, str(code.value), turn)
            return
        if number is not None:
            self._ask_proof(frame, step, turn)
            return
        if detour:
            turn.unheard = True
            return
        if self._counts(frame, step.id, step.tries + 2):
            self._ask_proof(frame, step, turn)
            missing = "verify.no_code" if frame.mode == "code" else "verify.no_order"
            turn.lines[-1].text = f"{self._t(missing)}\n{turn.lines[-1].text}"
        else:
            await self._failed(flow, frame, step.failed, turn)

    async def _prove(self, flow: Flow, frame: Frame, step: Verify, code: str, turn: Turn) -> None:
        subject = await self.world.prove(frame.proof, code)
        proven, frame.proof = frame.proof, ""
        if subject is None:
            tries = frame.visits[step.id] = frame.visits.get(step.id, 0) + 1
            frame.mode = "order"
            if tries >= step.tries:
                turn.say(self._t("verify.failed"))
                await self._failed(flow, frame, step.failed, turn)
            else:
                turn.say(self._t("verify.wrong"), self._way_out())
            return
        self.state.subject = subject
        if step.slot:
            frame.slots[step.slot] = proven
        turn.say(self._t("verify.done"))
        await self._run(flow, frame, flow.after(step), turn)

    async def _corrected(self, flow: Flow, frame: Frame, step: AnyStep, words: str, turn: Turn) -> bool:
        """Whether the words put another value into a slot that was filled before."""
        filled = {name for name in frame.slots if flow.asking(name)}
        if isinstance(step, Confirm):
            filled &= set(step.slots)
        changed = self._spotted(flow, frame, words, filled) if words else {}
        if not changed and isinstance(step, Ask) and words:
            heard = entities.fit(
                flow.slots[step.slot], words, self.world.today, self._choices(flow.slots[step.slot], frame)
            )
            if heard.ok and flow.slots[step.slot].type not in ("text", "address"):
                frame.slots[step.slot] = heard.value
                await self._run(flow, frame, flow.after(step), turn)
                return True
        if not changed:
            return False
        await self._rerun(flow, frame, changed, turn)
        return True

    async def _rerun(self, flow: Flow, frame: Frame, changed: Mapping[str, Any], turn: Turn) -> None:
        """Takes new values in and goes on from the earliest step that asked for one of them: what follows is done anew."""
        if frame.wrote:
            turn.say(self._t("too_late"))
            self._repeat(frame, turn)
            return
        frame.changes += 1
        if frame.changes > MOST_CHANGES:
            self._hand_over(frame, turn)
            return
        frame.slots.update(changed)
        asks = [step for step in (flow.asking(name) for name in changed) if step is not None]
        first = min(asks, key=lambda step: flow.index_of(step.id))
        await self._run(flow, frame, flow.after(first), turn)

    async def _change(self, flow: Flow, frame: Frame, name: str, turn: Turn) -> None:
        """Asks for one slot again."""
        step = flow.asking(name)
        frame.changes += 1
        if step is None or frame.changes > MOST_CHANGES:
            self._hand_over(frame, turn)
            return
        if frame.wrote:
            turn.say(self._t("too_late"))
            self._repeat(frame, turn)
            return
        frame.slots.pop(name, None)
        frame.asked.pop(step.id, None)
        await self._run(flow, frame, step.id, turn)

    async def _miss(self, flow: Flow, frame: Frame, step: Ask, turn: Turn, slot: Slot, heard: entities.Heard) -> None:
        if not self._counts(frame, step.id, step.tries):
            await self._failed(flow, frame, step.failed, turn)
            return
        text = slot.again or None
        if heard.fault != "not_understood" or text is None:
            reason = self._t(
                f"again.{heard.fault if heard.fault != 'not_understood' else slot.type}", **self._limits(slot)
            )
        else:
            reason = ""
        asked = self._fill(text, flow, frame) if text else self._fill(slot.ask, flow, frame)
        turn.say(f"{reason}\n{asked}" if reason else asked, self._options(slot, frame))

    async def _failed(self, flow: Flow, frame: Frame, target: str | None, turn: Turn) -> None:
        if target is None or not self._counts(frame, f"failed:{target}", 3):
            self._hand_over(frame, turn)
        else:
            await self._run(flow, frame, target, turn)

    # -- moving --------------------------------------------------------------------------------------------------------

    async def _run(self, flow: Flow, frame: Frame, target: str | None, turn: Turn) -> None:
        """Moves on from `target` until something waits for the customer or it is over."""
        for _ in range(MOST_MOVES):
            if target is None:
                self._end(frame, "completed", turn)
                await self._resume(turn)
                return
            step = flow.step(target)
            frame.step, frame.mode = step.id, "step"
            frame.path = [*frame.path, step.id][-200:]
            if isinstance(step, Say):
                card = lookup(step.card, self._values(flow, frame)) if step.card else None
                turn.say(self._fill(step.text, flow, frame), card=card if isinstance(card, dict) else None)
                target = flow.after(step)
            elif isinstance(step, Branch):
                values = self._values(flow, frame)
                target = next((case.next for case in step.cases if holds(case.when, values)), flow.after(step))
            elif isinstance(step, CallTool):
                found = await self._call(flow, frame, step)
                if found is MISSING:
                    turn.say(self._t("tool_failed"))
                    self._hand_over(frame, turn)
                    return
                target = found
            elif isinstance(step, Ask):
                if step.fresh and frame.visits.get(step.id, 0) == 0:
                    frame.slots.pop(step.slot, None)
                frame.visits[step.id] = frame.visits.get(step.id, 0) + 1
                if step.slot in frame.slots:
                    target = flow.after(step)
                    continue
                frame.visits[step.id] = 0
                self._ask(flow, frame, step, turn)
                return
            elif isinstance(step, Confirm):
                if self._counts(frame, step.id, step.tries + MOST_CHANGES):
                    self._confirm(flow, frame, step, turn)
                else:
                    self._hand_over(frame, turn)
                return
            elif isinstance(step, Verify):
                if self._is_known(frame, step):
                    target = flow.after(step)
                    continue
                frame.proof = str(frame.slots.get(step.slot or "", "") or "")
                frame.visits.pop(step.id, None)
                self._ask_proof(frame, step, turn)
                return
            elif isinstance(step, Handoff):
                turn.say(self._fill(step.text, flow, frame) if step.text else "")
                self._hand_over(frame, turn)
                return
            else:
                assert isinstance(step, End)
                turn.say(self._fill(step.text, flow, frame) if step.text else "")
                self._end(frame, "completed", turn)
                await self._resume(turn)
                return
        self._hand_over(frame, turn)

    async def _call(self, flow: Flow, frame: Frame, step: CallTool) -> Any:
        """The step to go on with; MISSING when nothing says what to do about a failure."""
        visit = frame.visits[step.id] = frame.visits.get(step.id, 0) + 1
        inputs = fill_any(step.inputs, self._values(flow, frame), self.world.locale)
        result = await self.world.call(step, inputs, f"{frame.run_id}:{step.id}:{visit}")
        if result.ok:
            if step.save_as:
                frame.results[step.save_as] = result.output
            frame.wrote = frame.wrote or result.wrote
            return flow.after(step)
        frame.results.setdefault("_errors", {})[step.id] = result.error
        target = step.on_error.get(result.error or "", step.on_error.get("default"))
        if target is None or not self._counts(frame, f"error:{step.id}", 5):
            return MISSING
        return target

    def _ask(self, flow: Flow, frame: Frame, step: Ask, turn: Turn) -> None:
        slot = flow.slots[step.slot]
        # A flow that leads here again and again must not ask for ever.
        if not self._counts(frame, step.id, step.tries * 3):
            self._hand_over(frame, turn)
            return
        turn.say(self._fill(slot.ask, flow, frame), self._options(slot, frame))

    def _confirm(self, flow: Flow, frame: Frame, step: Confirm, turn: Turn, lead: str = "") -> None:
        frame.mode = "step"
        locale = self.world.locale
        rows = []
        for name in step.slots:
            value = frame.slots.get(name)
            if value not in (None, ""):
                label = flow.slots[name].label.text(locale)
                colon = ": " if locale == "en" else "："
                rows.append(f"· {label}{colon}{self._shown(flow, frame, name, value)}")
        text = "\n".join(part for part in (lead, self._fill(step.text, flow, frame), *rows) if part)
        changeable = [name for name in step.slots if name in frame.slots and flow.asking(name)]
        yes = Option(YES, step.yes.text(locale) if step.yes else self._t("yes"))
        turn.say(text, (yes, *self._change_options(flow, changeable)))

    def _ask_proof(self, frame: Frame, step: Verify, turn: Turn) -> None:
        frame.mode = "code" if frame.proof else "order"
        if frame.proof:
            turn.say(self._t("verify.code", number=frame.proof), self._way_out())
        else:
            turn.say(self._t("verify.order"), self._way_out())

    def _is_known(self, frame: Frame, step: Verify) -> bool:
        subject = self.world.signed_in or self.state.subject
        if subject is None:
            return False
        number = str(frame.slots.get(step.slot or "", "") or "")
        return subject.orders is None or not number or number in subject.orders

    def _repeat(self, frame: Frame, turn: Turn, lead: str = "") -> None:
        """Says again what is waited for."""
        flow = self.world.flow(frame.version_id)
        step = next((s for s in flow.steps if s.id == frame.step), None) if flow else None
        if flow is None or step is None:
            self._end(frame, "failed", turn)
            return
        before = len(turn.lines)
        if isinstance(step, Ask):
            turn.say(self._fill(flow.slots[step.slot].ask, flow, frame), self._options(flow.slots[step.slot], frame))
        elif isinstance(step, Confirm):
            self._confirm(flow, frame, step, turn)
        elif isinstance(step, Verify):
            self._ask_proof(frame, step, turn)
        if lead and len(turn.lines) > before:
            turn.lines[before].text = f"{lead}\n{turn.lines[before].text}"

    async def _resume(self, turn: Turn) -> None:
        """After a flow has ended inside another: that one goes on."""
        if not turn.handoff:
            self.go_on(turn)

    def go_on(self, turn: Turn) -> None:
        """Says what is going on, and again what is waited for."""
        frame = self.state.active
        flow = self.world.flow(frame.version_id) if frame else None
        if frame is not None and flow is not None:
            self._repeat(frame, turn, lead=self._t("go_on", name=flow.name.text(self.world.locale)))

    # -- ends ----------------------------------------------------------------------------------------------------------

    def _cancel(self, flow: Flow, frame: Frame, turn: Turn) -> None:
        key = "cancelled_late" if frame.wrote else "cancelled"
        turn.say(self._t(key, name=flow.name.text(self.world.locale)))
        self._end(frame, "cancelled", turn)

    def _hand_over(self, frame: Frame, turn: Turn) -> None:
        """A person takes over the whole conversation, so all flows end."""
        turn.handoff = True
        self._end(frame, "handoff", turn)
        for other in reversed(list(self.state.frames)):
            self._end(other, "abandoned", turn)

    def _end(self, frame: Frame, outcome: Outcome, turn: Turn) -> None:
        if frame in self.state.frames:
            self.state.frames.remove(frame)
            turn.ended.append(Ended(frame, outcome))

    def _counts(self, frame: Frame, key: str, limit: int) -> bool:
        """Counts one more; False when it was the one too many."""
        frame.asked[key] = frame.asked.get(key, 0) + 1
        return frame.asked[key] <= limit
