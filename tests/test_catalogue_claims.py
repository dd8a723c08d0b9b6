"""What the entries of the catalogue take and claim, as it was read and compared with the books.

A statement that is true and is not the one that was meant fails no proof: where nothing computes
an entry, what it says is recorded; of the others, what they take and for which sizes.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from derive import catalogue
from derive.derivation import Chain, Record
from derive.notation import Reader, reading, text, where
from derive.spaces import IndexSpace

CLAIMS = Path(__file__).parent / "snapshots" / "claims"
RELATIONS = ("=", "<=", "!=")


def names(topic: str) -> list[str]:
    return [name for name, entry in catalogue.entries().items() if entry.topic == topic]


def claims(name: str) -> str:
    """What an entry takes and says, once for all conventions under which it is the same."""
    conventions = catalogue.derivation(name).conventions
    every = product(*(choices.values for choices in conventions.values()))
    records = [catalogue.load(name, **dict(zip(conventions, each, strict=True))) for each in every]
    return "\n".join(dict.fromkeys("\n".join(lines(record)) for record in records))


def lines(record: Record) -> Iterator[str]:
    yield record.name
    for name, space in record.spaces.items():
        yield f"  {name}: {f'0 ... {space.size} - 1' if isinstance(space, IndexSpace) else space}"
    for name, size in record.integers.items():
        yield f"  {name} = {size}"
    for name, low in sorted(record.context.lower.items()):
        yield f"  {name} >= {low}"
    for size in sorted(map(str, record.context.constraints)):
        yield f"  {size} >= 0"
    for part, chain in record.chains.items() if record.symbolic_only else ():
        yield from claim(part, chain)


def claim(part: str, chain: Chain) -> Iterator[str]:
    """The first line and the last, with what the names in them stand for and indices run over."""
    ends = [chain.start, chain.end]
    reader = Reader(ends)
    left, right = (text(reading(end, reader, matrix=bool(end.ndim))) for end in ends)
    relation = max((link.relation for link in chain.links), key=RELATIONS.index, default="=")
    yield f"  {part}: {left} {relation} {right}".replace(" : ", " ")
    yield from (f"    {each}" for each in where(ends, reader) if " = " in each or "…" in each)


def recorded(topic: str, update: bool) -> dict[str, str]:
    """The entries of a topic by name, as a file has them."""
    path = CLAIMS / f"{topic}.txt"
    if update:
        CLAIMS.mkdir(exist_ok=True)
        path.write_text("\n\n".join(map(claims, names(topic))) + "\n", encoding="utf-8")
    blocks = path.read_text(encoding="utf-8").rstrip().split("\n\n")
    return {block.partition("\n")[0]: block for block in blocks}


@pytest.mark.parametrize("name", catalogue.entries())
def test_an_entry_claims_what_was_read(name: str, update_snapshots: bool):
    known = recorded(catalogue.entries()[name].topic, update_snapshots).get(name)
    assert known == claims(name), "read what is new, then record it by --update-snapshots"


def test_no_claim_is_left_over():
    topics = sorted({entry.topic for entry in catalogue.entries().values()})
    assert sorted(path.stem for path in CLAIMS.iterdir()) == topics
    for topic in topics:
        assert list(recorded(topic, update=False)) == names(topic)
