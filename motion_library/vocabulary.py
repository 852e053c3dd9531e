"""The closed vocabularies, each said once. What a language model is shown is rendered from these enums."""
from enum import StrEnum


class SchemaFamily(StrEnum):
    """Families of image schemas (Johnson 1987; Hedblom 2020; Ravenet et al. 2018)."""

    SPACE = "SPACE"
    CONTAINMENT = "CONTAINMENT"
    SCALE = "SCALE"
    PATH = "PATH"
    FORCE = "FORCE"
    BALANCE = "BALANCE"
    UNITY = "UNITY"
    IDENTITY = "IDENTITY"
    EXISTENCE = "EXISTENCE"


_FAMILIES = {
    SchemaFamily.SPACE: "UP DOWN LEFT RIGHT FRONT BACK NEAR FAR CENTER PERIPHERY CONTACT",
    SchemaFamily.CONTAINMENT: "CONTAINER IN OUT FULL EMPTY SURFACE COVERING SUPPORT",
    SchemaFamily.SCALE: "BIG SMALL GROWING SHRINKING",
    SchemaFamily.PATH: "PATH CYCLE ITERATION",
    SchemaFamily.FORCE: "COMPULSION COUNTERFORCE BLOCKAGE DIVERSION RESTRAINT REMOVAL ENABLEMENT ATTRACTION",
    SchemaFamily.BALANCE: "BALANCE IMBALANCE",
    SchemaFamily.UNITY: "MERGING COLLECTION SPLITTING PART WHOLE LINK MASS COUNT",
    SchemaFamily.IDENTITY: "MATCHING SUPERIMPOSITION CONTRAST",
    SchemaFamily.EXISTENCE: "OBJECT PROCESS SUBSTANCE",
}

# A functional enum: the members are the words of the table above, so that a schema is named in one place.
ImageSchema = StrEnum("ImageSchema", [(name, name) for names in _FAMILIES.values() for name in names.split()])  # type: ignore[misc]
ImageSchema.__doc__ = "A recurring pattern of bodily experience that structures meaning."

FAMILY_OF: dict[str, SchemaFamily] = {name: family for family, names in _FAMILIES.items() for name in names.split()}


class GestureFunction(StrEnum):
    """What a gesture does in discourse (McNeill 1992; regulators and adaptors after Ekman & Friesen 1969)."""

    BEAT = "BEAT"
    DEICTIC = "DEICTIC"
    ICONIC = "ICONIC"
    METAPHORIC = "METAPHORIC"
    EMBLEM = "EMBLEM"
    REGULATOR = "REGULATOR"
    ADAPTOR = "ADAPTOR"


class Hands(StrEnum):
    """Which hands a call asks for, or a clip uses (a clip is never ``either``; ``none`` is a head or posture gesture)."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    EITHER = "either"
    NONE = "none"


class Formality(StrEnum):
    """In what company a gesture is at home."""

    ANY = "any"
    INFORMAL = "informal"
    FORMAL = "formal"


class Articulator(StrEnum):
    """Parts of the body that take part in a gesture; what a viewer would have to watch."""

    HANDS = "hands"
    HEAD = "head"
    TORSO = "torso"
    SHOULDERS = "shoulders"
    GAZE = "gaze"


class BodyPart(StrEnum):
    """Parts that are masked and blended on their own. A hand's fingers belong to its arm."""

    LEFT_ARM = "left_arm"
    RIGHT_ARM = "right_arm"
    HEAD = "head"
    TORSO = "torso"
    LEGS = "legs"
