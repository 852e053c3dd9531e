"""Wishes for the image schemas that the schema reader finds in the words."""
from collections.abc import Sequence
from functools import cache

from chironomia.agent.cues import english
from chironomia.agent.schema_reader import SchemaReading, read_schemas
from chironomia.agent.transcript import Utterance
from chironomia.agent.wish import Wish
from chironomia.agent.word_class import is_content_word
from chironomia.motion_library.vocabulary import GestureFunction, Hands, ImageSchema

LEAST = 0.1  # probability of a reading that may still second a cue


def wishes_by_reading(utterance: Utterance, idiomatic: frozenset[int] = frozenset()) -> list[Wish]:
    """A metaphoric wish for every reading whose words are not all ``idiomatic``, as sure as it is probable."""
    if not utterance.words:
        return []
    (readings,) = read_schemas([utterance.text], threshold=LEAST)
    return [_wish(reading, utterance) for reading in readings if not idiomatic.issuperset(range(*reading.words))]


def _wish(reading: SchemaReading, utterance: Utterance) -> Wish:
    first, after = reading.words
    content = [i for i in range(first, after) if is_content_word(utterance.words[i].spoken.lower())]
    said = " ".join(word.spoken for word in utterance.words[first:after])
    return Wish(
        first, after, content[-1] if content else after - 1, GestureFunction.METAPHORIC, reading.schema, picture_of(reading.schema),
        Hands.EITHER, 0.5, reading.probability, f"'{said}' evokes {reading.schema.lower()} ({reading.probability:.2f})",
    )  # fmt: skip


@cache
def picture_of(schema: ImageSchema) -> str:
    """What the hands show for a schema, as the cues say it."""
    shows: Sequence[str] = [g.show for g in english().groups if g.schema == schema and g.function == GestureFunction.METAPHORIC]
    return shows[0] if shows else f"the schema {schema}"
