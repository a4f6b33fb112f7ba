"""The demo company loads, is whole, agrees with itself and names nobody real."""

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from qiao.packs.loader import PACKS, PackError, load_demo, load_demo_from
from qiao.packs.models import DemoPack

DEMO = PACKS / "ecommerce" / "demo"


@pytest.fixture(scope="module")
def pack() -> DemoPack:
    return load_demo()


class TestDemo:
    def test_is_big_enough_to_be_believed(self, pack: DemoPack) -> None:
        assert len(pack.faqs.faqs) >= 70
        assert len(pack.articles.articles) >= 12
        assert len(pack.products.products) >= 25
        assert len(pack.customers.customers) >= 40
        assert len(pack.orders.orders) >= 90
        assert len(pack.conversations.conversations) >= 40
        assert len(pack.company.canned_replies) >= 25
        assert {a.audience for a in pack.articles.articles} == {"public", "internal"}

    def test_every_faq_has_enough_phrasings(self, pack: DemoPack) -> None:
        for faq in pack.faqs.faqs:
            assert 4 <= len(faq.variants.zh_cn) <= 10, faq.id
            assert 3 <= len(faq.variants.en) <= 6, faq.id

    def test_every_category_and_status_is_used(self, pack: DemoPack) -> None:
        assert {f.category for f in pack.faqs.faqs} == {c.key for c in pack.faqs.categories}
        assert len({o.status for o in pack.orders.orders}) == 7
        statuses = Counter(c.status for c in pack.conversations.conversations)
        assert set(statuses) == {"bot", "queued", "assigned", "snoozed", "resolved", "closed"}
        assert statuses["queued"] >= 3
        assert max(len(c.turns) for c in pack.conversations.conversations) >= 20
        assert {c.language for c in pack.conversations.conversations} == {"zh-CN", "en"}

    def test_every_role_is_filled(self, pack: DemoPack) -> None:
        roles = Counter(role for user in pack.company.users for role in user.roles)
        assert set(roles) == {"admin", "supervisor", "agent", "back_office", "knowledge_editor", "viewer"}
        assert roles["supervisor"] == 2 and roles["agent"] >= 5

    def test_bot_turns_carry_the_answer_they_name(self, pack: DemoPack) -> None:
        answers = {f.id: f.answer for f in pack.faqs.faqs}
        turns = [(c, t) for c in pack.conversations.conversations for t in c.turns if t.faq]
        assert turns
        assert all(t.text == answers[t.faq or ""].in_language(c.language) for c, t in turns)

    def test_conversations_in_english_hold_no_chinese(self, pack: DemoPack) -> None:
        spoken = [t.text for c in pack.conversations.conversations if c.language == "en" for t in c.turns]
        assert not [text for text in spoken if re.search(r"[\u3400-\u9fff]", text)]

    def test_levels_follow_the_published_thresholds(self, pack: DemoPack) -> None:
        paid: Counter[str] = Counter()
        for order in pack.orders.orders:
            if order.status in ("paid", "shipped", "delivered") and order.days_ago <= 365:
                paid[order.customer] += order.total
        for customer in pack.customers.customers:
            yuan = paid[customer.key] / 100
            level = "vip" if yuan >= 8000 else "gold" if yuan >= 3000 else "silver" if yuan >= 1000 else "standard"
            assert customer.level == level, (customer.key, yuan)

    def test_nobody_is_real(self, pack: DemoPack) -> None:
        for customer in pack.customers.customers:
            assert re.fullmatch(r"1990000\d{4}", customer.phone), customer.key
            assert customer.email.endswith("@example.com"), customer.key
        for path in DEMO.rglob("*.*"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"(?<!\d)1(?!990000)[3-9]\d{9}(?!\d)", text), path.name
            assert not re.search(r"(?<!\d)\d{17}[\dXx](?!\w)", text), path.name
            hosts = set(re.findall(r"[\w.]+@([\w.]+\w)", text))
            assert hosts <= {"example.com", "kapok.example"}, path.name

    def test_is_small(self) -> None:
        assert sum(p.stat().st_size for p in DEMO.rglob("*.*")) < 900_000


class TestRefusals:
    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        shutil.copytree(DEMO, tmp_path / "demo")
        return tmp_path / "demo"

    @pytest.mark.parametrize(
        ("file", "old", "new", "message"),
        [
            ("orders.yaml", "total: 29900", "total: 29901", r"orders\.yaml: orders KL\d+: .*add up"),
            ("faqs.yaml", "category: payment", "category: barter", r"faqs\.yaml: faqs pay-methods: 'barter'"),
            (
                "faqs.yaml",
                "id: pay-cod",
                "uid: pay-cod",
                r"faqs\.yaml: faqs #\d+: .*unknown field `uid`",
            ),
            ("company.yaml", "en: Kapok Living}", 'en: ""}', r"company\.yaml: name: a text is empty"),
            ("company.yaml", "skills: {english: 3}", "skills: {english: 7}", r"queues english: skill levels"),
            (
                "customers.yaml",
                "key: c002",
                "key: c001",
                r"customers\.yaml: customers: 'c001' is defined twice",
            ),
            (
                "articles.yaml",
                "key: tea-guide",
                "key: tea-gide",
                r"articles tea-gide: tea-gide\.zh-CN\.md is missing",
            ),
            (
                "conversations.yaml",
                "by: customer",
                "by: nobody",
                r"conversations\.yaml: conversations v\d+: .*nobody",
            ),
            ("shop.yaml", "featured: [KB-202", "featured: [XX-202", r"shop\.yaml: featured: 'XX-202'"),
            ("products.yaml", "products:", "products: [", r"products\.yaml: not valid YAML"),
        ],
    )
    def test_names_file_and_entry(self, copy: Path, file: str, old: str, new: str, message: str) -> None:
        path = copy / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(PackError, match=message):
            load_demo_from(copy)

    @pytest.mark.parametrize("name", ["nothing", "../secrets"])
    def test_unknown_pack(self, name: str) -> None:
        with pytest.raises(PackError):
            load_demo(name)
