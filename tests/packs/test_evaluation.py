"""The demo's test set names FAQs and flows that exist, and no question stands in the demo's own phrasings."""

from uuid import NAMESPACE_URL, uuid5

from qiao.core.text import normalize
from qiao.demo.evaluation import case_of, load
from qiao.packs.loader import flow_files, load_demo


def test_cases_are_sound_and_no_copies() -> None:
    pack, file = load_demo(), load()
    answers = {(faq.id, locale): uuid5(NAMESPACE_URL, faq.id) for faq in pack.faqs.faqs for locale in ("zh-CN", "en")}
    said = {
        normalize(text)
        for faq in pack.faqs.faqs
        for text in (faq.question.zh_cn, faq.question.en, *faq.variants.zh_cn, *faq.variants.en)
    }
    flows = {path.stem for path in flow_files()}
    bodies = [case_of(row, locale, answers) for locale, rows in file["cases"].items() for row in rows]
    assert len({(normalize(body.question), body.context) for body in bodies}) == len(bodies) > 60
    assert not said & {normalize(body.question) for body in bodies}
    assert {body.flow for body in bodies if body.expects == "flow"} <= flows
    assert sum(body.expects == "none" for body in bodies) >= 8
    assert set(file["cases"]) == {"zh-CN", "en"} == set(file["name"])
