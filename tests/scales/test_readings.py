import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate_gateway.scales.readings import UNREADABLE, Frames, Reading, Told, read
from support.scales import NAMES, line, protocol

# As the manuals print them.
EXAMPLES = [
    ("a-and-d", b"ST,+001234.5  g", Reading(Told.STABLE, 1234)),
    ("a-and-d", b"US,-0001.235 kg", Reading(Told.UNSTABLE, -1235)),
    ("a-and-d", b"ST,+00001.00 lb", Reading(Told.STABLE, 454)),
    ("a-and-d", b"OL,+999999.9  g", Reading(Told.OVERLOAD)),
    ("a-and-d", b"OL,-999999.9  g", Reading(Told.NEGATIVE)),
    ("a-and-d", b"QT,+00012345 PC", UNREADABLE),
    ("adam", b"      123.45 g ", UNREADABLE),
    ("adam", b"       123.45 g ", Reading(Told.WEIGHT_ONLY, 123)),
    ("adam", b"-       1.345kg ", Reading(Told.WEIGHT_ONLY, -1345)),
    ("continuous", b"ST,GS,+000.876kg", Reading(Told.STABLE, 876)),
    ("continuous", b"US,NT,-001.568lb", Reading(Told.UNSTABLE, -711)),
    ("continuous", b"ST,NT,+0012.34kg", Reading(Told.STABLE, 12340)),
    ("continuous", b"ST,GS,+00123.0kg", Reading(Told.STABLE, 123000)),
    ("continuous", b"ST,TR,+000.500kg", UNREADABLE),
    ("continuous", b"OL,GS,+       kg", Reading(Told.OVERLOAD)),
    ("continuous", b"OL,GS,-       kg", Reading(Told.NEGATIVE)),
    ("toledo-8217", b"\x0212.345", Reading(Told.STABLE, 12345)),
    ("toledo-8217", b"\x0212.345N", Reading(Told.STABLE, 12345)),
    ("toledo-8217", b"\x0212.34", UNREADABLE),
    ("toledo-8217", b"\x02?\x41", Reading(Told.UNSTABLE)),
    ("toledo-8217", b"\x02?\xc3", Reading(Told.OVERLOAD)),
    ("toledo-8217", b"\x02?\x44", Reading(Told.NEGATIVE)),
    ("toledo-8217", b"\x02?\x50", UNREADABLE),
    ("xk3190", b"0003.000", Reading(Told.WEIGHT_ONLY, 3000)),
    ("xk3190", b"-0001.00", Reading(Told.WEIGHT_ONLY, -1000)),
    ("xk3190", b"00.03.00", UNREADABLE),
]


@pytest.mark.parametrize(("name", "frame", "reading"), EXAMPLES)
def test_a_line_means_what_its_manual_says(name, frame, reading):
    assert read(protocol(name), frame) == reading


def test_a_jin_is_half_a_kilogram():
    assert read(protocol("xk3190", unit="斤"), b"0003.000") == Reading(Told.WEIGHT_ONLY, 1500)


@pytest.mark.parametrize("name", NAMES)
@given(grams=st.integers(0, 99_999))
def test_no_gram_is_lost(name, grams):
    spoken = protocol(name)
    (frame,) = Frames(spoken.separator).add(line(name, grams))
    assert read(spoken, frame).grams == grams


@pytest.mark.parametrize("name", NAMES)
@given(grams=st.integers(1000, 99_999), data=st.data())
def test_a_line_that_lost_a_piece_is_no_weight(name, grams, data):
    spoken = protocol(name)
    whole = line(name, grams).removesuffix(spoken.separator.encode())
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start + 1, len(whole)))
    left = whole[:start] + whole[end:]
    assert left == whole or read(spoken, left) in (UNREADABLE, read(spoken, whole))


@pytest.mark.parametrize("name", NAMES)
@given(frame=st.binary(max_size=300))
def test_anything_may_come(name, frame):
    assert isinstance(read(protocol(name), frame), Reading)


@given(st.lists(st.binary(max_size=40).map(lambda one: one.replace(b"\r", b"x"))), st.data())
def test_lines_are_the_same_however_their_bytes_arrive(lines, data):
    stream = b"".join(one + b"\r\n" for one in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    frames, found = Frames("\r\n"), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += frames.add(stream[start:end])
    assert found == [one for one in lines if one]


def test_a_line_without_an_end_takes_no_memory_and_is_never_read():
    frames = Frames("\r\n")
    for _ in range(1000):
        assert frames.add(b"0" * 1000) == []
    (late,) = frames.add(b"ST,GS,+000.876kg\r\n")
    assert len(late) < 200
    assert read(protocol("continuous"), late) == UNREADABLE
