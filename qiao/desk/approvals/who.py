"""Who may decide a step now: holders of roles or named people, without who asked, and their deputies."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from qiao.core import clock
from qiao.core.db import Session
from qiao.desk.approvals import policy, repository
from qiao.desk.approvals.models import Approval, ApprovalDecision, ApprovalStep
from qiao.people.accounts import service as accounts

DecidedBy = Mapping[UUID, Collection[UUID]]


def decided_by(decisions: Mapping[UUID, Collection[ApprovalDecision]]) -> dict[UUID, set[UUID]]:
    """Who decided each step."""
    return {step_id: {one.user_id for one in some} for step_id, some in decisions.items()}


@dataclass
class Deciders:
    """Looks each set of roles up once per use."""

    db: Session
    _by_roles: dict[tuple[str, ...], frozenset[UUID]] = field(default_factory=dict)

    async def of(self, approval: Approval, step: ApprovalStep, decided_by: DecidedBy) -> frozenset[UUID]:
        """`decided_by`: who decided which step of the request. Nobody decides two, unless nobody else may."""
        holders = await self.holders(step.roles, step.users)
        return policy.deciders(holders, approval.requested_by, policy.elsewhere(step.id, decided_by))

    async def holders(self, roles: Collection[str], users: Collection[UUID]) -> frozenset[UUID]:
        """Active people who hold any of the roles, or are named."""
        key = tuple(sorted(roles))
        if key not in self._by_roles:
            self._by_roles[key] = await accounts.holders_of_roles(self.db, key) if key else frozenset()
        named = await accounts.active_among(self.db, users) if users else set()
        return self._by_roles[key] | frozenset(named)

    async def with_deputies(self, approval: Approval, step: ApprovalStep, decided_by: DecidedBy) -> set[UUID]:
        """Everybody who could decide it at this moment."""
        allowed = await self.of(approval, step, decided_by)
        deputies = await repository.deputies_of(self.db, allowed, clock.now())
        standing_in = {user for some in deputies.values() for user in some}
        found = set(allowed) | standing_in - policy.elsewhere(step.id, decided_by)
        return found - {approval.requested_by} if allowed != {approval.requested_by} else found
