"""The file of codes survives a spreadsheet, and says which row is wrong."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boucle.codes import Code, Kind
from boucle_labels import batch
from boucle_labels.batch import FaultyRowsError, Line
from boucle_labels.errors import RefusedError
from tests.labels.pictures import codes


def test_fresh_codes_are_all_different_and_of_the_kind_asked() -> None:
    made = batch.fresh(Kind.PLACE, 500, randomness=random.Random(1).randbytes)
    assert len(set(made)) == 500
    assert {code.kind for code in made} == {Kind.PLACE}


def test_a_source_that_repeats_itself_gives_no_code_twice() -> None:
    class Stuck:
        def __init__(self) -> None:
            self.calls = 0

        def __call__(self, size: int) -> bytes:
            self.calls += 1
            return (self.calls // 3).to_bytes(size, "big")

    made = batch.fresh(Kind.CONTAINER, 5, randomness=Stuck())
    assert len(set(made)) == 5


texts = st.text(alphabet="aé;,\"'’ \u00a0-€Œ1", max_size=30).map(str.strip)


@given(names=st.lists(st.tuples(texts, texts), min_size=1, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(tmp_path: Path, names: list[tuple[str, str]]) -> None:
    lines = [
        Line(code=code, name=name, owner=owner) for code, (name, owner) in zip(codes(len(names)), names, strict=True)
    ]
    path = tmp_path / "codes.csv"
    path.write_bytes(batch.written(lines))
    assert batch.read(path) == lines


def stored(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "codes.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_french_spreadsheet_may_reorder_and_reseparate(tmp_path: Path) -> None:
    one, two = codes(2)
    path = stored(
        tmp_path, f"Name;Code;note\r\nBac é;{one.grouped};x\r\n\r\n;;\r\n ;{two.text.lower()}\r\n", "utf-8-sig"
    )
    assert batch.read(path) == [Line(code=one, name="Bac é"), Line(code=two)]


def fault(path: Path) -> tuple[int, str, str, int]:
    with pytest.raises(FaultyRowsError) as refusal:
        batch.read(path)
    first = refusal.value.faults[0]
    return first.row, first.column, first.key, len(refusal.value.faults)


def wrong(code: Code) -> str:
    return code.grouped[:-1] + ("0" if code.grouped[-1] != "0" else "1")


def test_a_wrong_row_is_named_as_the_spreadsheet_counts_it(tmp_path: Path) -> None:
    one, two = codes(2)
    head = "code,printed,name,owner\n"
    assert fault(stored(tmp_path, f"{head}{one.text}\n{wrong(two)}\n,\nrien\n")) == (3, "code", "row_no_code", 2)
    assert fault(stored(tmp_path, f"{head}(8003)03453120000011ABC\n")) == (2, "code", "row_no_code", 1)
    assert fault(stored(tmp_path, f"{head}{one.text},{two.grouped}\n")) == (2, "printed", "row_other_print", 1)
    assert fault(stored(tmp_path, f"{head}{one.text}\n{two.text}\n{one.grouped}\n")) == (4, "code", "row_twice", 1)
    assert fault(stored(tmp_path, f"{head}{one.text},,{'x' * 121}\n")) == (2, "name", "row_text", 1)
    assert fault(stored(tmp_path, f"{head}{one.text},,,a\u202eb\n")) == (2, "owner", "row_text", 1)
    assert fault(stored(tmp_path, f'{head}{one.text},,"a\nb"\n')) == (2, "name", "row_text", 1)


def test_every_fault_has_its_words_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(FaultyRowsError) as refusal:
        batch.read(stored(tmp_path, "code\nrien\nrien\n"))
    assert refusal.value.said("fr").endswith("(2 lignes fautives)\u00a0; corrigez le fichier.")
    assert (
        "ligne 2, colonne code\u00a0: «\u00a0rien\u00a0» n’est pas un code de Boucle (foreign)"
        in refusal.value.said("fr")
    )
    assert "row 2, column code" in refusal.value.said("en")


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "codes_header"),
        (b"\n\n", "codes_header"),
        (b"name,owner\nBac,X\n", "codes_header"),
        (b"code,name\n", "codes_empty"),
        (b"code\n\xff\xfe\n", "codes_text"),
        (b'code\n"open', "codes_text"),
        (b"PK\x03\x04" + bytes(range(128, 256)), "codes_text"),
    ],
)
def test_what_is_no_file_of_codes_is_refused(tmp_path: Path, content: bytes, key: str) -> None:
    path = tmp_path / "codes.csv"
    path.write_bytes(content)
    with pytest.raises(RefusedError) as refusal:
        batch.read(path)
    assert refusal.value.key == key


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as refusal:
        batch.read(tmp_path / "none.csv")
    assert refusal.value.key == "file_missing"
