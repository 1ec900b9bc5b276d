"""Documents as PDF: archival, tagged, with their fonts inside, and text stays text."""

import json
import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import typst

from cleanplate_shared.documents import fonts, printing, rendering
from cleanplate_shared.documents.fonts import FontsMissing, require_fonts, shown
from cleanplate_shared.documents.printing import printed
from cleanplate_shared.documents.rendering import (
    MOST_CHARACTERS,
    Document,
    DocumentTooLong,
    PrintingFailed,
    render,
)
from cleanplate_shared.errors import Unavailable
from support.documents import fonts_of, glyphs_of, holds_missing_glyphs, opened, text_of

NOON = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
LETTER = "#show: paper\n#for said in data.said [ #said \\ ]\n"
MARKUP = r'#panic("x") *b* _i_ $x^2$ [c] \ <l> @r `raw` = h - l / t ~ // #{1+1} "q"'


@pytest.fixture
def letter(tmp_path):
    """Return how to make a document of one template of this test."""

    def made(*said, template=LETTER, locale="zh", title="信"):
        path = tmp_path / "letter.typ"
        path.write_text(template, encoding="utf-8")
        return Document(path, title, locale, NOON, {"said": said})

    return made


def test_a_document_is_archival_tagged_and_says_its_language_and_title(letter):
    reader = opened(render(letter("厨余垃圾")))
    root = reader.trailer["/Root"]
    about = root["/Metadata"].get_data().decode()
    for said in ("<pdfaid:part>2<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<"):
        assert said in about
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "zh-CN"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == "信"


def test_an_english_document_says_so_and_when_it_was_made(letter):
    pdf = render(letter("x", locale="en"))
    assert opened(pdf).trailer["/Root"]["/Lang"] == "en-GB"
    assert "Made on 2026-03-02 12:00" in text_of(pdf)


def test_chinese_glyphs_are_embedded_and_only_those_that_are_needed(letter):
    pdf = render(letter("台账、联单：囍龘〇"))
    (page,) = opened(pdf).pages
    assert "台账、联单：囍龘〇" in page.extract_text()
    assert len(glyphs_of(page)) > 10
    assert not holds_missing_glyphs(page)
    for font in fonts_of(page):
        assert "/FontFile2" in font["/FontDescriptor"]
        assert "+NotoSansSC" in font["/BaseFont"]
    assert len(pdf) < 60_000


def test_markup_in_a_text_stays_text(letter):
    text = text_of(render(letter(MARKUP, title=MARKUP))).replace("\n", "")
    assert text.count(MARKUP) == 2


@pytest.mark.parametrize("said", ["😀", "\ue000", "नमस्ते", "ﷺ", "\U0002a6a5", "\x07", "\x85"])
def test_what_the_font_lacks_is_a_box_and_said(letter, said):
    text = text_of(render(letter(f"张{said}三")))
    assert "□" in text.split("三")[0]
    assert "□ 表示本文件无法显示的字" in text
    assert "□" not in text_of(render(letter("张三")))


def test_without_the_box_such_a_document_is_refused_and_else_has_a_missing_glyph(monkeypatch):
    data = {"lang": "zh", "title": "信", "made": "", "note": None, "said": ["😀"]}
    with pytest.raises(typst.TypstError, match="could not be displayed"):
        printed(LETTER, data, 0)
    monkeypatch.setattr(printing, "STANDARDS", [])
    assert holds_missing_glyphs(opened(printed(LETTER, data, 0)).pages[0])


def test_what_is_shown_can_be_printed_whatever_it_is(letter):
    characters = [chr(one) for one in range(0x20, 0x30000) if not 0xD800 <= one < 0xE000]
    drawn = [one for one in characters if shown(one) == one]
    assert len(drawn) > 20_000
    rest = [one for one in characters if shown(one) != one][::97]
    marks = [one for one in drawn if unicodedata.category(one)[0] in "MCZ"]
    pdf = render(letter("".join(drawn[::11]), "".join(rest), "a".join(marks)))
    assert not any(holds_missing_glyphs(page) for page in opened(pdf).pages)


def test_without_fonts_a_service_says_how_to_get_them(monkeypatch, tmp_path):
    require_fonts()
    monkeypatch.setattr(fonts, "FOLDER", tmp_path)
    with pytest.raises(FontsMissing, match=r"NotoSansSC-Regular\.ttf.*vendor\.py"):
        require_fonts()


def test_the_fonts_come_with_their_licence():
    (package,) = json.loads((fonts.FOLDER / "VENDOR.json").read_text("utf-8"))["packages"]
    assert package["name"] == "@expo-google-fonts/noto-sans-sc"
    assert all((fonts.FOLDER / name).is_file() for name in package["files"])
    assert "SIL OPEN FONT LICENSE" in (fonts.FOLDER / "NotoSansSC.LICENSE.txt").read_text("utf-8")


def test_a_wrong_template_is_told_as_the_bug_it_is(letter):
    with pytest.raises(PrintingFailed, match="unknown variable: nobody"):
        render(letter(template="#show: paper\n#nobody"))


def test_a_text_without_end_is_refused(letter):
    with pytest.raises(DocumentTooLong):
        render(letter("字" * MOST_CHARACTERS))


def test_one_document_at_a_time_is_made_the_others_wait_a_little(letter, monkeypatch):
    monkeypatch.setattr(rendering, "_SECONDS_TO_WAIT", 0.01)
    with rendering._AT_ONCE, pytest.raises(Unavailable):
        render(letter("字"))
    assert render(letter("字"))


def test_a_document_that_takes_too_long_is_given_up(letter, monkeypatch):
    monkeypatch.setattr(rendering, "_SECONDS_TO_PRINT", 0.001)
    with pytest.raises(Unavailable):
        render(letter("字"))
    monkeypatch.undo()
    assert render(letter("字"))
