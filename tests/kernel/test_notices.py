"""Channels and what is sent to them, against services on this machine."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
import logging
import socket
import traceback
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from cleanplate_shared.notices import Channel, ChannelRefused, NotDelivered, Notice, Notifier, wire
from cleanplate_shared.notices.apprised import SCHEMES
from support.outside import Names, Web, certificate, mail, web

HERE = [ip_network("127.0.0.0/8")]
KEY = "k" * 32
NOTICE = Notice("午餐报餐", "十点截止。", "https://canteen.example/register")
TOKEN = "0123456789abcdef-token-ab12"
BOTS = {  # channel, host, the field of the answer that says yes
    f"wecombot://{TOKEN}": ("qyapi.weixin.qq.com", b'{"errcode":0,"errmsg":"ok"}'),
    "dingtalk://0123456789abcdef?secret=SEC0": ("oapi.dingtalk.com", b'{"errcode":0}'),
    f"feishu://{TOKEN}?secret=hush-hush": ("open.feishu.cn", b'{"code":0,"msg":"success"}'),
    "pushplus://0123456789abcdef0123456789abcdef": ("www.pushplus.plus", b'{"code":200}'),
    "wxpusher://AT_0123456789abcdef/UID_someone": (
        "wxpusher.zjiecode.com",
        b'{"code":1000,"data":[]}',
    ),
}
NO = (b'{"errcode":93000,"errmsg":"invalid","code":19021}', b'{"code":900}', b"[]", b"<html>")


@pytest.fixture
def names(monkeypatch):
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    return names


@pytest.fixture
def cloud(names, monkeypatch, tmp_path):
    """Every bot's service: on this machine, under its own name, with a certificate."""
    hosts = [host for host, _yes in BOTS.values()]
    tls, vouching = certificate(tmp_path, *hosts)
    monkeypatch.setenv("SSL_CERT_FILE", str(vouching))
    wire._tls.cache_clear()
    with web(tls) as service:
        names.addresses = {host: [("127.0.0.1", service.port)] for host in hosts}
        yield service
    wire._tls.cache_clear()


@pytest.fixture
def ntfy():
    with web() as service:
        service.answers(b'{"id":"1","event":"message"}')
        yield service


@pytest.fixture
def said(caplog):
    """All that is logged, however chatty."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("apprise").disabled = False  # as logging.config leaves it
    with structlog.testing.capture_logs() as lines:
        yield lambda: caplog.text + str(lines)


def at(service: Web, topic: str = "canteen-secret-topic") -> Channel:
    return Channel.of(f"ntfy://127.0.0.1:{service.port}/{topic}")


def send(channel: Channel, networks=HERE, notice=NOTICE, clock=None) -> None:
    Notifier(KEY, networks, *[clock] if clock else []).send(channel, notice)


def refusal(channel: Channel, networks=HERE) -> NotDelivered:
    with pytest.raises(NotDelivered) as refused:
        send(channel, networks)
    return refused.value


@pytest.mark.parametrize("url", BOTS)
def test_a_bot_gets_the_notice_and_its_no_is_not_taken_for_a_yes(cloud, url):
    _host, yes = BOTS[url]
    cloud.answers(yes)
    send(Channel.of(url))
    body = json.loads(cloud.asked[0].body)
    everything = json.dumps(body, ensure_ascii=False)
    assert all(part in everything for part in ("午餐报餐", "十点截止。", NOTICE.link))
    for no in NO:
        cloud.answers(no)
        assert refusal(Channel.of(url)).detail is not None
    assert len(cloud.asked) == 1 + len(NO)


def test_feishu_is_signed_with_the_bots_secret_at_that_second(cloud):
    cloud.answers(b'{"code":0}')
    instant = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    send(Channel.of(f"feishu://{TOKEN}?secret=hush-hush"), clock=lambda: instant)
    send(Channel.of(f"feishu://{TOKEN}"))
    signed, plain = (json.loads(asked.body) for asked in cloud.asked)
    key = f"{int(instant.timestamp())}\nhush-hush".encode()
    expected = hmac.new(key, digestmod=hashlib.sha256).digest()
    assert signed["timestamp"] == str(int(instant.timestamp()))
    assert base64.b64decode(signed["sign"]) == expected
    assert "sign" not in plain
    assert cloud.asked[0].path == f"/open-apis/bot/v2/hook/{TOKEN}"


def test_nobody_calls_everybody_by_the_name_of_a_dish(cloud):
    cloud.answers(b'{"code":0}')
    send(Channel.of(f"feishu://{TOKEN}"), notice=Notice("a", '<at user_id="all">x</at>'))
    assert b"<at" not in json.loads(cloud.asked[0].body)["content"]["text"].encode()


def test_a_service_without_the_right_certificate_gets_nothing(cloud, monkeypatch):
    cloud.answers(b'{"errcode":0}')
    monkeypatch.delenv("SSL_CERT_FILE")
    wire._tls.cache_clear()
    refusal(Channel.of(f"wecombot://{TOKEN}"))
    assert cloud.asked == []


def test_a_push_service_of_the_house_gets_the_notice_and_the_password(ntfy):
    send(Channel.of(f"ntfy://me:pass%40word@127.0.0.1:{ntfy.port}/canteen?priority=high"))
    ntfy.answers(b'{"code":200}')
    send(Channel.of(f"bark://127.0.0.1:{ntfy.port}/{TOKEN}"))
    push, phone = ntfy.asked
    assert base64.b64decode(push.headers["Authorization"].removeprefix("Basic ")) == b"me:pass@word"
    assert json.loads(push.body)["title"] == json.loads(phone.body)["title"] == "午餐报餐"
    assert "apprise" not in str(ntfy.asked).lower()


def test_mail_arrives_in_chinese_and_a_closed_server_is_a_refusal():
    with mail() as server:
        url = f"mailto://127.0.0.1:{server.port}?from=canteen@example.com&to=cook@example.com"
        send(Channel.of(url))
        refused = refusal(Channel.of(url), networks=[])
    (letter,) = (
        email.message_from_string(one, policy=email.policy.default) for one in server.letters
    )
    assert (letter["To"], letter["Subject"]) == ("cook@example.com", "午餐报餐")
    assert "十点截止。" in letter.get_content()
    assert "internal network" in str(refused)
    refusal(Channel.of(url))


@pytest.mark.parametrize(
    "inside",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "::",
     "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::"],
)  # fmt: skip
def test_an_internal_host_is_reached_only_if_the_installation_allows_it(names, ntfy, inside):
    names.addresses["push.example"] = [(inside, ntfy.port)]
    channel = Channel.of("ntfy://push.example/canteen")
    assert "internal network" in str(refusal(channel, networks=[ip_network("172.16.0.0/12")]))
    assert ntfy.asked == []
    names.addresses["push.example"] = [("127.0.0.1", ntfy.port)]
    send(channel)
    assert len(ntfy.asked) == 1


def test_a_name_is_asked_for_once_so_that_its_second_answer_is_not_used(names, ntfy):
    names.addresses["push.example"] = [("127.0.0.1", ntfy.port), ("10.9.9.9", 80)]
    send(Channel.of("ntfy://push.example/canteen"))
    assert names.asked == ["push.example"]
    assert len(ntfy.asked) == 1


def test_a_redirect_is_not_followed(ntfy):
    with web() as elsewhere:
        elsewhere.answers(b'{"event":"message"}')
        url = f"http://127.0.0.1:{elsewhere.port}/"
        for status in (301, 302, 303, 307, 308):
            ntfy.answers(b"", status=status, Location=url)
            assert str(status) in str(refusal(at(ntfy)))
    assert elsewhere.asked == []
    assert len(ntfy.asked) == 5


def test_no_more_is_read_than_an_answer_may_have(ntfy):
    ntfy.answers(*[b" " * (1 << 20)] * 100, b'{"event":"message"}')
    refusal(at(ntfy))
    assert ntfy.given < 50 << 20
    ntfy.answers(b" " * 60_000, b'{"event":"message"}')
    send(at(ntfy))


def test_an_endless_head_is_not_read_either(ntfy):
    ntfy.answers(b"", **{f"X-{number}": "x" * 8000 for number in range(20)})
    refusal(at(ntfy))


@pytest.mark.parametrize("pause", [10.0, 0.05])
def test_silence_and_a_trickle_end_in_time(ntfy, monkeypatch, pause):
    monkeypatch.setattr(wire, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(wire, "_TOTAL_SECONDS", 0.2)
    ntfy.answers(*[b" "] * 1000, pause=pause)
    assert "in time" in str(refusal(at(ntfy)))


@pytest.mark.parametrize(
    "garbage",
    [b"\xff\xfe\x00", b"", b"[" * 60_000, b"null", b'"message"', b'{"event":[]}', b'{"event":1e9}'],
)  # fmt: skip
def test_garbage_is_not_a_yes(ntfy, garbage):
    ntfy.answers(garbage)
    refusal(at(ntfy))


def test_an_address_is_never_told(ntfy, cloud, said):
    channels = [Channel.of(url) for url in BOTS] + [at(ntfy)]
    told = []
    for service in (cloud, ntfy):
        service.answers(b"no", status=403)
    for channel in channels:
        error = refusal(channel)
        told += [*traceback.format_exception(error), str(error), repr(channel), str(channel)]
    everything = "".join(told) + said()
    for secret in (TOKEN, "hush-hush", "SEC0", "0123456789abcdef", "canteen-secret-topic"):
        assert secret not in everything
    assert TOKEN in str(cloud.asked)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={TOKEN}", "wecombot://****ab12"),
        ("https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef&secret=SEC0",
         "dingtalk://****cdef"),
        (f"https://open.feishu.cn/open-apis/bot/v2/hook/{TOKEN}?secret=s", "feishu://****ab12"),
        (f"  feishu://{TOKEN} ", "feishu://****ab12"),
        ("ntfys://push.example/short", "ntfys://****"),
        ("mailtos://me:password@mail.example.com?to=a@b.cn", "mailtos://****.com"),
    ],
)  # fmt: skip
def test_an_address_may_be_pasted_and_is_shown_masked(text, shown):
    assert str(Channel.of(text)) == Channel.of(text).masked == shown


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("ntfy://a b/c", "spaces"),
        ("x" * 501, "longer"),
        ("json://example.com", "starts with one of"),
        ("file:///etc/passwd", "starts with one of"),
        ("https://example.com/robot/send?access_token=0123456789abcdef", "starts with one of"),
        ("wecombot://", "wecombot://KEY"),
        ("ntfy://", "ntfy://HOST/TOPIC"),
        ("wxpusher://AT_0123456789abcdef", "wxpusher://TOKEN/UID"),
        ("mailto://mail.example.com?from=a@b.cn&to=nobody", "mailto://USER"),
        ("feishu://[::1", "feishu://TOKEN"),
        (f"feishu://{TOKEN}?host=evil.example", "feishu://TOKEN"),
        ("ntfy://push.example/topic?verify=no", "no option verify"),
        ("ntfy://push.example/topic?redirect=yes", "no option redirect"),
        ("ntfy://push.example/topic?attach=file:///etc/passwd", "no option attach"),
        ("ntfy://push.example/topic?%2BX-Forwarded-For=1", "no option"),
        ("mailto://mail.example.com?pgppub=/etc/passwd", "no option pgppub"),
    ],
)
def test_an_address_that_cannot_be_used_says_what_to_write(text, why):
    with pytest.raises(ChannelRefused) as refused:
        Channel.of(text)
    assert why in str(refused.value)
    assert refused.value.detail.in_("zh") != refused.value.detail.in_("en")


@given(
    st.sampled_from([*SCHEMES, "feishu", "https"]),
    st.text(st.characters(codec="ascii"), max_size=80),
)
def test_no_address_whatever_crashes(scheme, rest):
    try:
        channel = Channel.of(f"{scheme}://{rest}")
    except ChannelRefused:
        return
    assert len(channel.masked) <= len(channel.scheme) + 11


def test_a_sealed_address_opens_only_with_its_key():
    channel = Channel.of(f"feishu://{TOKEN}?secret=hush-hush")
    longest = Channel.of(f"feishu://{TOKEN}?secret={'s' * 456}")
    notifier = Notifier(KEY, [])
    sealed = notifier.seal(channel)
    assert notifier.open(sealed) == channel
    assert TOKEN not in sealed
    assert notifier.seal(channel) != sealed
    assert len(notifier.seal(longest)) <= 800
    for other, stored in [("o" * 32, sealed), (KEY, sealed[:-9]), (KEY, "天"), (KEY, "")]:
        with pytest.raises(ChannelRefused, match="once more"):
            Notifier(other, []).open(stored)
    with pytest.raises(ChannelRefused, match="NOTICE_KEY"):
        Notifier("short", []).seal(channel)


def test_a_notice_fits_the_strictest_channel_and_shows_that_it_was_cut():
    notice = Notice("题\n" * 50, "餐" * 1000, f"https://a.example/{'x' * 280}")
    assert len(f"{notice.title}\r\n{notice.text}".encode()) <= 2048
    assert notice.body.endswith("…")
    assert "\n" not in notice.title
    assert (Notice("a", "b").text, Notice("a", "").text) == ("b", "a")
    with pytest.raises(ValueError, match="says something"):
        Notice(" ", "\n")
    for link in ("javascript:alert(1)", "https://" + "x" * 300):
        with pytest.raises(ValueError, match="link"):
            Notice("a", "b", link)
