import pytest

from chironomia import prompts


def test_a_prompt_is_rendered_and_named_by_the_hash_of_its_template() -> None:
    values = {"rate_per_min": "8", "functions": "DEICTIC", "schemas": "UP", "hands": "left", "words": "0 Hello"}
    prompt = prompts.load("plan_gestures", **values)
    other = prompts.load("plan_gestures", **(values | {"words": "0 Goodbye"}))
    assert "0 Hello" in prompt.text
    assert "$" not in prompt.text
    assert prompt.template_hash == other.template_hash
    assert prompt.text != other.text


def test_unknown_prompts_and_fields_are_refused_with_what_there_is() -> None:
    with pytest.raises(ValueError, match="plan_gestures"):
        prompts.load("plan")
    with pytest.raises(ValueError, match="fields"):
        prompts.load("plan_gestures", words="0 Hello")
