"""Tables and forms that no person makes, against every import, on both databases."""

import csv
import io

import pytest
import xlsxwriter

from support.world import world

CELLS = [
    "", " ", "\ud800", "\x01", "a\tb", "nan", "inf", "1e400", "-1", "9" * 5000, "9" * 30, "1.5",
    "0001-01-01", "9999-12-31", "2026-02-30", "=1+1", "x" * 40_000, "\u202e", "２０２６-03-02",
    "真", "12:00", "2026-03-02 25:00", "0001-01-01 00:00",
    "9999-12-31 23:59", "1970-01-01 00:00", "2026-03-08 02:30", "a;b;;；", "1" * 64,
]  # fmt: skip
NAMES = [
    '"; filename="x.html',
    "../../etc/passwd",
    "名\ud800.csv",
    "a\r\nX-Evil: 1.csv",
    "\x00",
    "",
]
IMPORTS = [
    "directory/imports/units", "directory/imports/people", "menu/imports/dishes",
    "menu/imports/history", "menu/imports/counts",
    "menu/imports/meal-sessions", "menu/imports/registrations",
    "menu/imports/recipes",
    "menu/imports/ratings", "menu/imports/leftovers",
    "waste/imports/weighings", "menu/registration-sheets",
    "forecast/imports/columns", "forecast/imports/ingredients", "forecast/imports/stock",
]  # fmt: skip
# What the world has, so that a row is looked at to its end.
THERE = {"canteen": "canteen", "organization": "单位", "unit": "unit", "dishes": "汤", "dish": "汤",
         "number": "N-diner", "user_name": "someone"}  # fmt: skip
HEAD = b"--b\r\nContent-Disposition: form-data; name="
FORMS = [
    b"", b"--b", b"--b--\r\n", HEAD + b'"file"\r\n\r\nx\r\n--b--\r\n',
    HEAD + b'"file"; filename="\xff\xfe"\r\n\r\na\r\n--b--\r\n',
    HEAD + b'"file"; filename="a"\r\nContent-Type: \xff\r\n\r\n\xff\x00\r\n--b--\r\n',
    HEAD + b'"file"; filename*=utf-8\'\'%ED%A0%80\r\n\r\na,b\r\n--b--\r\n',
    (HEAD + b'"file"; filename="a"\r\n\r\na\r\n') * 2000 + b"--b--\r\n",
]  # fmt: skip


@pytest.fixture
async def made(databases):
    async with world(databases.url) as made:
        yield made


async def send(made, path, **request):
    headers = {"Authorization": f"Bearer {made.tokens['root']}"} | request.pop("headers", {})
    peer = made.suite.peers[path.split("/")[0]]
    return await peer.post(f"/api/v1/{path}", headers=headers, **request)


async def columns_of(made, path):
    headers = {"Authorization": f"Bearer {made.tokens['root']}"}
    peer = made.suite.peers[path.split("/")[0]]
    answer = await peer.get(f"/api/v1/{path}/template", headers=headers)
    header, example = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    return header, [THERE.get(name, cell) for name, cell in zip(header, example, strict=True)]


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def as_xlsx(rows):
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "nan_inf_to_errors": True}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(rows):
            for column, value in enumerate(cells):
                sheet.write(number, column, value)
    return target.getvalue()


async def test_no_hostile_table_is_answered_with_a_failure(made):
    for path in IMPORTS:
        header, example = await columns_of(made, path)
        spoilt = [
            [*example[:column], cell, *example[column + 1 :]]
            for column in range(len(header))
            for cell in CELLS
        ]
        good = await send(made, path, files={"file": ("t", as_csv([header, example]))})
        assert good.status_code == 200, (path, good.text)
        whole = as_csv([header, *spoilt])
        each = [as_csv([header, row]) for row in spoilt]
        odd = [1.5, float("nan"), float("inf"), True, 1e308, -0.0, "=A1", "", "x" * 30_000]
        book = as_xlsx([header, *([value] * len(header) for value in odd)])
        cut = [book[:size] for size in (2, 30, len(book) // 2, len(book) - 5)]
        wide = as_csv([header * 5000, example * 5000])
        for content in [
            whole,
            *each,
            book,
            *cut,
            wide,
            b"PK\x03\x04" * 1000,
            b"\xef\xbb\xbf",
            b"\n",
        ]:
            answer = await send(made, path, files={"file": ("t", content)})
            assert answer.status_code < 500, (path, content[:200], answer.text)


async def test_no_hostile_form_or_name_is_answered_with_a_failure(made):
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    for path in ("menu/imports/dishes", "directory/imports/people", "directory/token"):
        for content in FORMS:
            answer = await send(made, path, headers=form, content=content)
            assert 400 <= answer.status_code < 500, (path, content[:200], answer.text)
    for name in NAMES:
        quoted = name.encode("utf-8", "surrogatepass").replace(b"\r\n", b"%0D%0A")
        body = HEAD + b'"file"; filename="' + quoted + b'"\r\n\r\na,b\r\n1,2\r\n--b--\r\n'
        answer = await send(made, "menu/imports/dishes", headers=form, content=body)
        assert 400 <= answer.status_code < 500, (name, answer.text)
        assert "x-evil" not in answer.headers
    urlencoded = {"Content-Type": "application/x-www-form-urlencoded"}
    for username in (b"%ED%A0%80", b"%00", b"\xff\xff", b"a" * 300, b"%E2%80%AE", b"Di%C4%B0ner"):
        body = b"username=" + username + b"&password=%ED%A0%80%00\xff"
        answer = await send(made, "directory/token", headers=urlencoded, content=body)
        assert answer.status_code in {400, 401, 422}, (username, answer.text)
