"""Pages in a real browser: accessible, in both schemes, on a desk and on a phone, by keyboard, on paper."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from shared.actions import custody, photos
from shared.actions.call import Call
from shared.domain.custody import CheckIn, CheckOut, Custody as Record
from shared.domain.model import Attachment
from shared.domain.tag_code import TagKind, TagSubject
from shared.services import Services
from tests.factories import TenantMade, insert_asset, make_call
from tests.fixtures.browsing import address_for_people
from tests.fixtures.images import encoded, quarters

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LONG_NAME = "Flatbed trailer with the rather long name that people give to things in a hurry, number 3"


@dataclass(frozen=True)
class Site:
    """The application's address, and paths of labels on it."""

    home: str
    held: str
    free: str


@pytest.fixture(scope="module")
def site(app: str, services: Services, tenant: TenantMade) -> Site:
    maria = make_call(services, tenant, "driver", "holder", name="Maria Santos")
    facts = {"license_plate": "7KLM 402", "make": "Ford", "model": "Transit 350", "year": 2023}
    held = insert_asset(services, tenant, asset_name="Ford Transit 17", odometer_miles=48210, **facts)
    _history(maria, held)
    out = custody.check_out_asset(maria, _check_out(held)).body
    assert isinstance(out, Record)
    for photo in out.photos:
        photos.process_photo(services, f"{tenant.id}/{photo.photo_id}")
    free = insert_asset(services, tenant, asset_name=LONG_NAME, asset_type="trailer")
    labels = [services.tag_codec.encode(TagSubject(TagKind.ASSET, tenant.id, one, 1)) for one in (held, free)]
    return Site(address_for_people(app), *(f"/a/{label}" for label in labels))


def _history(call: Call, asset_id: int) -> None:
    earlier = datetime.now(UTC) - timedelta(days=3)
    custody.check_out_asset(call, CheckOut(asset_id=asset_id, occurred_at=earlier))
    back = earlier + timedelta(hours=9)
    custody.check_in_asset(call, CheckIn(asset_id=asset_id, condition_rating=3, occurred_at=back))


def _check_out(asset_id: int) -> CheckOut:
    raw = encoded(quarters())
    files = tuple(Attachment(BytesIO(raw), len(raw)) for _ in range(2))
    earlier = datetime.now(UTC) - timedelta(hours=9)
    late = {"occurred_at": earlier, "due_at": earlier + timedelta(hours=8)}
    return CheckOut(asset_id=asset_id, photo=files, fuel_level_percent=55, engine_hours=1203.4, **late)


@pytest.fixture(
    params=[("light", DESK), ("dark", DESK), ("light", PHONE), ("dark", PHONE)],
    ids=["light-desk", "dark-desk", "light-phone", "dark-phone"],
)
def page(request: pytest.FixtureRequest, context: Callable[..., BrowserContext], site: Site) -> Iterator[Page]:
    """A tab in one of two schemes and sizes, in which nothing may go wrong unnoticed."""
    scheme, size = request.param
    opened = context(base_url=site.home, color_scheme=scheme, viewport=size).new_page()
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # the browser's line about a 404 is what those pages are for
        if message.type in {"error", "warning"} and "status of 40" not in message.text:
            faults.append(message.text)

    opened.on("console", note)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("requestfailed", lambda failed: faults.append(failed.url))
    yield opened
    assert faults == []


def check(page: Page) -> None:
    """Find what a person could not read, reach or use."""
    page.wait_for_load_state("load")
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is too wide"
    small = page.eval_on_selector_all(
        "a.button, footer a", "all => all.filter(a => a.getBoundingClientRect().height < 44).map(a => a.outerHTML)"
    )
    assert small == [], f"{page.url}: too small for a finger"


def sign_in(page: Page, tenant: TenantMade, oid: str = "driver-1", role: str = "driver") -> None:
    page.get_by_role("link", name="Sign in", exact=True).click()
    page.get_by_label("Tenant id").fill(tenant.tid)
    page.get_by_label("User id").fill(oid)
    page.get_by_label(role, exact=True).check()
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_scan_leads_through_sign_in_to_the_asset(page: Page, site: Site, tenant: TenantMade) -> None:
    page.goto(site.held)
    expect(page.get_by_role("heading", level=1)).to_have_text("You scanned a Motorpool label")
    check(page)
    sign_in(page, tenant)
    expect(page).to_have_url(f"{site.home}{site.held}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ford Transit 17")
    expect(page.get_by_text("It was due back")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(3)
    shown = page.locator(".photos img")
    expect(shown).to_have_count(2)
    shown.last.scroll_into_view_if_needed()
    page.wait_for_function("[...document.querySelectorAll('.photos img')].every(image => image.naturalWidth == 150)")
    check(page)
    page.goto(site.free)
    expect(page.get_by_text("You may check it out.")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()


def test_the_general_pages_can_be_read_by_everybody(page: Page, tenant: TenantMade) -> None:
    for path in ("/", "/problems", "/problems/conflict", "/problems/not-the-holder", "/nope", "/sign-in/callback"):
        page.goto(path)
        check(page)
    page.goto("/")
    sign_in(page, tenant)
    expect(page.get_by_text(f"{tenant.name} · driver")).to_be_visible()
    check(page)
    page.goto("/a/not-a-code")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such thing")
    check(page)


def test_who_may_not_be_here_can_leave(page: Page) -> None:
    page.goto("/")
    sign_in(page, TenantMade(0, "no-such-tenant", "No"))
    expect(page.get_by_role("heading", level=1)).to_have_text("The organisation of this token is not known here")
    check(page)
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()


def test_a_keyboard_is_enough(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    sign_in_link = page.get_by_role("link", name="Sign in", exact=True)
    expect(sign_in_link).to_be_focused()
    outline = sign_in_link.evaluate("a => [getComputedStyle(a).outlineStyle, getComputedStyle(a).outlineWidth]")
    assert outline == ["solid", "3px"]
    page.keyboard.press("Enter")
    expect(page.get_by_label("User id")).to_be_visible()


def test_no_page_needs_a_script(context: Callable[..., BrowserContext], site: Site, tenant: TenantMade) -> None:
    page = context(base_url=site.home, java_script_enabled=False, viewport=PHONE).new_page()
    page.goto(site.held)
    sign_in(page, tenant)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ford Transit 17")
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()


def test_an_asset_fits_on_a_sheet_of_paper(
    context: Callable[..., BrowserContext], site: Site, tenant: TenantMade
) -> None:
    page = context(base_url=site.home, color_scheme="dark").new_page()
    page.goto(site.held)
    sign_in(page, tenant)
    page.wait_for_load_state("networkidle")
    sheets = pypdf.PdfReader(BytesIO(page.pdf(format="A4"))).pages
    text = sheets[0].extract_text()
    assert len(sheets) == 1
    assert "Ford Transit 17" in text
    assert "Sign out" not in text
