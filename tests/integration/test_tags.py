"""Labels and tags on a real database: blank ones, linking, revoking, scanning, and drawing them."""

import io
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from shared.actions import assets, custody, labels, scan, tags
from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain.asset import AssetWithCosts, RetireAsset
from shared.domain.custody import CheckOut
from shared.domain.errors import Conflict, Invalid, NotFound, Refusal, TagNotBlank
from shared.domain.model import Page
from shared.domain.scan import CodeState, Scan, ScanCode
from shared.domain.tag import (
    DrawCode,
    LinkTag,
    ListAssetTags,
    ListTags,
    MakeTags,
    PrintLabels,
    Tag,
    TagById,
    TagsMade,
    TagState,
)
from shared.domain.tag_code import MAX_GENERATION, TagKind, TagSubject
from shared.services import Services
from tests.factories import TenantMade, insert_asset

type Caller = Callable[..., Call]


@pytest.fixture
def asset(services: Services, tenant: TenantMade) -> int:
    return insert_asset(services, tenant, purchase_price="5.00")


def make(call: Call, count: int = 1) -> list[Tag]:
    answer = tags.make_tags(call, MakeTags(count=count))
    assert answer.status == 201
    assert isinstance(answer.body, TagsMade)
    return answer.body.items


def link(call: Call, asset_id: int, **more: Any) -> Tag:
    answer = tags.link_tag(call, LinkTag(asset_id=asset_id, **more))
    assert answer.status == 201
    assert isinstance(answer.body, Tag)
    return answer.body


def revoke(call: Call, tag: Tag) -> None:
    assert tag.id is not None
    assert tags.revoke_tag(call, TagById(tag_id=tag.id)).status == 204


def scanned(call: Call, code: str) -> Scan:
    body = scan.scan_code(call, ScanCode(code=code)).body
    assert isinstance(body, Scan)
    return Scan.model_validate_json(body.model_dump_json())


def label_code(services: Services, tenant: TenantMade, asset_id: int, generation: int = 1) -> str:
    return services.tag_codec.encode(TagSubject(TagKind.ASSET, tenant.id, asset_id, generation))


def of_asset(call: Call, asset_id: int) -> list[Tag]:
    body = tags.list_asset_tags(call, ListAssetTags(asset_id=asset_id)).body
    assert isinstance(body, Page)
    return body.items


def audited(services: Services, tenant: TenantMade, resource: str) -> list[str]:
    statement = "SELECT action FROM audit_log WHERE tenant_id = %(tenant_id)s AND resource = %(resource)s ORDER BY id"
    with services.database.read(tenant.id) as tx:
        return [row["action"] for row in tx.all(statement, resource=resource)]


def draw(call: Call, asset_id: int, **more: Any) -> Answer:
    return labels.draw_code(call, DrawCode(asset_id=asset_id, **more))


def read_png(content: bytes) -> str:
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(content)).convert("L"))
    return str(found.text)


def test_blank_tags_are_made_in_order(call: Caller) -> None:
    made = make(call(), 500)
    assert [tag.id for tag in made] == sorted(tag.id or 0 for tag in made)
    assert len({tag.code for tag in made}) == 500
    assert {tag.state for tag in made} == {TagState.BLANK}
    assert made[0].url == f"http://localhost:7071/a/{made[0].code}"


def test_a_blank_tag_says_that_it_is_blank(call: Caller) -> None:
    (tag,) = make(call())
    for role, may in (("driver", False), ("dispatcher", False), ("manager", True)):
        found = scanned(call(role), tag.code)
        assert (found.code_state, found.asset, found.tag, found.may.link) == (CodeState.BLANK, None, tag, may)
        assert (found.may.check_out, found.may.check_in) == (False, False)


@pytest.mark.parametrize("form", ["{code}", " {url} ", "https://old.example/base/a/{code}?utm=1#x", "{url}/"])
def test_a_blank_tag_is_linked_as_scanned(
    call: Caller, asset: int, form: str, services: Services, tenant: TenantMade
) -> None:
    (tag,) = make(call())
    linked = link(call(), asset, code=form.format(code=tag.code, url=tag.url))
    assert (linked.id, linked.code, linked.state, linked.asset_id) == (tag.id, tag.code, TagState.LINKED, asset)
    found = scanned(call("driver"), tag.code)
    assert found.asset is not None
    assert (found.code_state, found.asset.id, found.may.check_out) == (CodeState.LINKED, asset, True)
    assert of_asset(call(), asset) == [linked]
    assert audited(services, tenant, f"tag/{tag.id}") == ["tag.link"]


def test_a_tag_is_linked_once(call: Caller, asset: int, services: Services, tenant: TenantMade) -> None:
    (tag,) = make(call())
    link(call(), asset, code=tag.code)
    with pytest.raises(TagNotBlank, match="this asset already") as refused:
        link(call(), asset, code=tag.code)
    assert refused.value.members == {"state": "linked", "asset_id": asset}
    with pytest.raises(TagNotBlank, match="another asset already"):
        link(call(), insert_asset(services, tenant), code=tag.code)


def test_one_of_many_who_link_a_tag_wins(call: Caller, services: Services, tenant: TenantMade) -> None:
    (tag,) = make(call())
    wanting = [insert_asset(services, tenant) for _ in range(12)]

    def attempt(asset_id: int) -> bool:
        try:
            link(call(), asset_id, code=tag.code)
        except TagNotBlank:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        won = list(pool.map(attempt, wanting))
    winner = scanned(call("driver"), tag.code).asset
    assert winner is not None
    assert [one for one, has in zip(wanting, won, strict=True) if has] == [winner.id]


def test_codes_that_are_no_blank_tags_are_refused(
    call: Caller, asset: int, services: Services, tenant: TenantMade, other_tenant: TenantMade
) -> None:
    (tag,) = make(call())
    (foreign,) = make(call(tenant=other_tenant))
    unknown = services.tag_codec.encode(TagSubject(TagKind.BLANK, tenant.id, 2**40))
    for code in (foreign.code, foreign.url, unknown, "x", tag.code[:-1], tag.code.swapcase(), f"{tag.url}/more", "😀"):
        with pytest.raises(NotFound) as refused:
            link(call(), asset, code=code)
        assert [fault.pointer for fault in refused.value.faults] == ["/code"]
    with pytest.raises(TagNotBlank, match="own label"):
        link(call(), asset, code=label_code(services, tenant, asset))
    revoke(call(), tag)
    with pytest.raises(TagNotBlank, match="revoked"):
        link(call(), asset, code=tag.code)


def test_a_new_tag_replaces_another_of_the_asset(
    call: Caller, asset: int, services: Services, tenant: TenantMade
) -> None:
    old, new, spare = make(call(), 3)
    link(call(), asset, code=old.code)
    elsewhere = insert_asset(services, tenant)
    link(call(), elsewhere, code=spare.code)
    for wrong in (spare.id, new.id, 2**50):
        with pytest.raises(NotFound) as refused:
            link(call(), asset, code=new.code, replaces=wrong)
        assert refused.value.faults[0].pointer == "/replaces"
        assert scanned(call(), new.code).code_state is CodeState.BLANK
    link(call(), asset, code=new.code, replaces=old.id)
    with pytest.raises(NotFound):
        scanned(call(), old.code)
    assert scanned(call(), new.code).code_state is CodeState.LINKED
    assert [(tag.id, tag.state) for tag in of_asset(call("dispatcher"), asset)] == [
        (new.id, TagState.LINKED),
        (old.id, TagState.REVOKED),
    ]
    assert audited(services, tenant, f"tag/{old.id}") == ["tag.link", "tag.revoke"]
    with pytest.raises(Invalid):
        link(call(), asset, replaces=new.id)


def test_issuing_a_label_anew_revokes_the_printed_one(
    call: Caller, asset: int, services: Services, tenant: TenantMade
) -> None:
    first = label_code(services, tenant, asset)
    assert scanned(call(), first).code_state is CodeState.LABEL
    issued = link(call(), asset)
    assert issued.code == label_code(services, tenant, asset, 2)
    assert scanned(call(), issued.code).code_state is CodeState.LABEL
    for dead in (first, label_code(services, tenant, asset, 3)):
        with pytest.raises(NotFound):
            scanned(call(), dead)
    assert audited(services, tenant, f"asset/{asset}/label/1") == ["tag.revoke"]


def test_a_label_has_an_end_of_generations(call: Caller, services: Services, tenant: TenantMade) -> None:
    worn = insert_asset(services, tenant, qr_generation=MAX_GENERATION)
    assert draw(call(), worn).status == 200
    with pytest.raises(Conflict):
        link(call(), worn)


def test_a_revoked_tag_is_good_for_nothing(call: Caller, asset: int, services: Services, tenant: TenantMade) -> None:
    (tag,) = make(call())
    link(call(), asset, code=tag.code)
    revoke(call(), tag)
    revoke(call(), tag)
    with pytest.raises(NotFound):
        scanned(call(), tag.code)
    assert audited(services, tenant, f"tag/{tag.id}") == ["tag.link", "tag.revoke"]
    with pytest.raises(NotFound):
        labels.print_labels(call(), PrintLabels(tags=str(tag.id)))


def test_what_is_anothers_is_not_there(call: Caller, asset: int, other_tenant: TenantMade) -> None:
    (tag,) = make(call())
    other = call(tenant=other_tenant)
    attempts: list[Callable[[], object]] = [
        lambda: revoke(other, tag),
        lambda: of_asset(other, asset),
        lambda: link(other, asset),
        lambda: draw(other, asset),
        lambda: scanned(other, tag.code),
        lambda: labels.print_labels(other, PrintLabels(ids=str(asset))),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()
    assert scanned(call(), tag.code).code_state is CodeState.BLANK


def test_forged_and_foreign_codes_are_refused_alike(
    call: Caller, asset: int, services: Services, tenant: TenantMade, other_tenant: TenantMade
) -> None:
    good = label_code(services, tenant, asset)
    altered = good[:10] + ("A" if good[10] != "A" else "B") + good[11:]
    gone = label_code(services, tenant, 2**45)
    foreign = label_code(services, other_tenant, asset)
    refusals = []
    for code in (altered, gone, foreign, good.lower(), good.upper(), good + "=", "", "0" * 32, "%", "\ud800"):
        with pytest.raises(Refusal) as refused:
            scanned(call("driver"), code)
        refusals.append((type(refused.value), refused.value.detail, refused.value.members))
    assert len(set(map(str, refusals))) == 1
    assert refusals[0][0] is NotFound


def test_a_scan_tells_what_one_may_do(call: Caller, asset: int, services: Services, tenant: TenantMade) -> None:
    code = label_code(services, tenant, asset)
    holder, other = (call("driver", oid=f"d-{secrets.token_hex(4)}") for _ in range(2))
    free = scanned(other, code)
    assert (free.may.check_out, free.may.check_in, free.may.reason, free.custody) == (True, False, None, None)
    custody.check_out_asset(holder, CheckOut(asset_id=asset))
    for who, check_in, words in (
        (holder, True, "You have had"),
        (other, False, f"{holder.principal.name} has had"),
        (call("dispatcher"), True, f"{holder.principal.name} has had"),
    ):
        found = scanned(who, code)
        assert (found.may.check_out, found.may.check_in) == (False, check_in)
        assert (found.may.reason or "").startswith(words)
        assert found.custody is not None
        assert found.custody.user.oid == holder.principal.oid


def test_a_scan_of_what_cannot_be_had_says_why(call: Caller, services: Services, tenant: TenantMade) -> None:
    for status, words in (("in_maintenance", "in maintenance"), ("retired", "retired")):
        code = label_code(services, tenant, insert_asset(services, tenant, status=status))
        may = scanned(call("driver"), code).may
        assert (may.check_out, may.reason) == (False, f"This asset is {words}.")


def test_costs_in_a_scan_are_for_managers(call: Caller, asset: int, services: Services, tenant: TenantMade) -> None:
    code = label_code(services, tenant, asset)
    seen = scanned(call("manager"), code).asset
    assert isinstance(seen, AssetWithCosts)
    assert str(seen.purchase_price) == "5.00"
    document = scan.scan_code(call("dispatcher"), ScanCode(code=code)).content
    assert b"purchase_price" not in document
    assert b'"reservation":null' in document
    assert audited(services, tenant, f"asset/{asset}") == ["cost.view"]


def test_tags_are_listed_by_state(call: Caller, asset: int) -> None:
    blank, linked, revoked = make(call(), 3)
    link(call(), asset, code=linked.code)
    revoke(call(), revoked)
    for state, tag in ((TagState.BLANK, blank), (TagState.LINKED, linked), (TagState.REVOKED, revoked)):
        body = tags.list_tags(call("dispatcher"), ListTags(state=state, limit=1)).body
        assert isinstance(body, Page)
        assert [(one.id, one.state) for one in body.items] == [(tag.id, state)]


def test_tags_come_page_by_page(call: Caller) -> None:
    made = [tag.id for tag in make(call(), 5)]
    shown: list[int | None] = []
    cursor = None
    for _ in range(3):
        body = tags.list_tags(call(), ListTags(limit=2, cursor=cursor)).body
        assert isinstance(body, Page)
        shown += [one.id for one in body.items]
        cursor = body.next_cursor
    assert shown[:5] == made[::-1]


@pytest.mark.parametrize("scale", [1, 8, 40])
def test_a_drawn_code_is_read_back(
    call: Caller, asset: int, services: Services, tenant: TenantMade, scale: int
) -> None:
    answer = draw(call("driver"), asset, format="png", scale=scale)
    assert answer.content_type == "image/png"
    big = Image.open(io.BytesIO(answer.content)).convert("L")
    big = big.resize((400, 400), Image.Resampling.NEAREST) if scale == 1 else big
    (found,) = zxingcpp.read_barcodes(big)
    assert found.text == f"http://localhost:7071/a/{label_code(services, tenant, asset)}"
    assert len(found.text) < 60


def test_a_picture_that_is_there_is_not_sent_again(call: Caller, asset: int) -> None:
    first = draw(call("driver"), asset)
    assert first.content_type == "image/svg+xml"
    assert first.headers["Cache-Control"] == "private, max-age=3600"
    again = draw(call("driver"), asset, if_none_match=('"x"', first.headers["ETag"]))
    assert (again.status, again.content, again.headers) == (304, b"", first.headers)
    assert again.content_type == first.content_type
    assert draw(call("driver"), asset, format="png", if_none_match=("*",)).content_type == "image/png"
    assert draw(call("driver"), asset).headers == first.headers
    others = [draw(call(), asset, format="png"), draw(call(), asset, format="png", scale=9)]
    link(call(), asset)
    others.append(draw(call(), asset))
    assert len({first.headers["ETag"], *(other.headers["ETag"] for other in others)}) == 4


def printed(answer: Answer) -> list[str]:
    """Answer what a scanner reads from the sheets, and in which order: rows from the top, from the left."""
    found = []
    for number, sheet in enumerate(pypdfium2.PdfDocument(answer.content)):
        codes = zxingcpp.read_barcodes(sheet.render(scale=4).to_pil().convert("L"))
        places = [(number, code.position.top_left.y // 60, code.position.top_left.x, code.text) for code in codes]
        found += places
    return [text for *_, text in sorted(found)]


def test_labels_are_printed_in_the_order_asked_for(
    call: Caller, services: Services, tenant: TenantMade, asset: int
) -> None:
    second = insert_asset(services, tenant, asset_name="Zweiter 车 👩🏽‍🔧", asset_tag=secrets.token_hex(20))
    blank, linked = make(call(), 2)
    link(call(), asset, code=linked.code)
    assets.retire_asset(call(), RetireAsset(asset_id=second))
    wanted = PrintLabels(ids=f"{second},{asset},{second}", tags=f"{linked.id},{blank.id}", start_at=29)
    answer = labels.print_labels(call("dispatcher"), wanted)
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'inline; filename="labels-avery-5160.pdf"'
    base = "http://localhost:7071/a/"
    own = [base + label_code(services, tenant, one) for one in (second, asset, second)]
    assert printed(answer) == [*own, linked.url, blank.url]


def test_missing_labels_are_named(call: Caller, asset: int, services: Services, other_tenant: TenantMade) -> None:
    foreign = insert_asset(services, other_tenant)
    with pytest.raises(NotFound) as refused:
        labels.print_labels(call(), PrintLabels(ids=f"{asset},{foreign},{2**60}", tags="7777777"))
    assert refused.value.members == {"missing": {"ids": [foreign, 2**60], "tags": [7777777]}}
    assert str(foreign) in refused.value.detail


@pytest.mark.parametrize(
    ("wanted", "pointer", "said"),
    [
        ({}, "/ids", ""),
        ({"ids": "1", "sheet": "dymo-30334", "start_at": 2}, "/start_at", "A roll has no begun page; leave this out."),
        ({"ids": "1", "start_at": 31}, "/start_at", "A page of avery-5160 has 30 labels; give one of 1 to 30."),
        ({"ids": ",".join(["1"] * 300), "tags": ",".join(["1"] * 300)}, "/ids", ""),
    ],
)
def test_what_cannot_be_printed_is_refused(
    call: Caller, services: Services, tenant: TenantMade, wanted: dict[str, Any], pointer: str, said: str
) -> None:
    asset = insert_asset(services, tenant)
    wanted = {**wanted, **({"ids": str(asset)} if wanted.get("ids") == "1" else {})}
    with pytest.raises(Invalid) as refused:
        labels.print_labels(call(), PrintLabels(**wanted))
    assert [fault.pointer for fault in refused.value.faults] == [pointer]
    assert said in refused.value.detail


@pytest.mark.parametrize("ids", ["x", "1,,2", "0", "-1", "1.5", "1 2", "9" * 19, ",".join(["1"] * 501), "\uff11"])
def test_ids_are_numbers(ids: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        PrintLabels.model_validate({"ids": ids})
