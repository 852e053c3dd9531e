import pytest

from chironomia import prompts


def test_a_prompt_is_rendered_and_named_by_the_hash_of_its_template() -> None:
    values = {"faults": "no anchor", "words": "0 to 3", "most": "2"}
    prompt = prompts.load("repair_answer", **values)
    other = prompts.load("repair_answer", **(values | {"faults": "no JSON"}))
    assert "no anchor" in prompt.text
    assert prompts.template_hashes()["repair_answer"] == prompt.template_hash
    assert "$" not in prompt.text
    assert prompt.template_hash == other.template_hash
    assert prompt.text != other.text


def test_unknown_prompts_and_fields_are_refused_with_what_there_is() -> None:
    with pytest.raises(ValueError, match="plan_gestures, plan_passage"):
        prompts.load("plan")
    with pytest.raises(ValueError, match="fields"):
        prompts.load("plan_gestures", words="0 Hello")


def test_a_paragraph_without_anything_to_say_is_left_out() -> None:
    fields = ("direction", "before", "addressee", "places", "shown", "taken", "most", "words")
    empty = prompts.load("plan_passage", **(dict.fromkeys(fields, "") | {"most": "2", "words": "0 Hello"})).text
    assert "=====\n0 Hello\n=====" in empty
    assert "They speak to" not in empty
    assert "$" not in empty
    assert "They speak to: the court" in prompts.load("plan_passage", **(dict.fromkeys(fields, "") | {"addressee": "the court"})).text
