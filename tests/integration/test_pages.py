"""Pages as browsers get them: over HTTP, with real sign-ins."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from local.people import TENANTS
from shared.actions import custody, photos
from shared.actions.call import Call
from shared.domain.custody import CheckIn, CheckOut, Custody as Record
from shared.domain.errors import Refusal
from shared.domain.model import Attachment
from shared.domain.tag_code import TagKind, TagSubject
from shared.http.pages import DEMO_PEOPLE, DEMO_TENANTS, _problems
from shared.http.session import PENDING, SESSION, own_path
from shared.services import Services
from tests.factories import TenantMade, insert_asset
from tests.fixtures.browsing import HTML, Browser, address_for_people
from tests.fixtures.images import encoded, quarters
from tests.world import Clone, World, application

type Caller = Callable[..., Call]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@pytest.fixture(scope="module")
def home(app: str) -> str:
    return address_for_people(app)


@pytest.fixture
def browse(home: str) -> Iterator[Callable[[], Browser]]:
    with ExitStack() as opened:
        yield lambda: opened.enter_context(Browser(home))


@pytest.fixture
def browser(browse: Callable[[], Browser]) -> Browser:
    return browse()


@pytest.fixture
def driver(browser: Browser, tenant: TenantMade) -> Browser:
    browser.sign_in(tenant, "driver", name="Driver One")
    return browser


def label(services: Services, tenant: TenantMade, asset_id: int, generation: int = 1) -> str:
    return services.tag_codec.encode(TagSubject(TagKind.ASSET, tenant.id, asset_id, generation))


def without_instance(answer: httpx.Response) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", answer.text)


class TestEveryPage:
    @pytest.mark.parametrize("path", ["/", "/a/x", "/problems", "/problems/conflict", "/nothing", "/sign-in/callback"])
    def test_does_nothing_but_be_read(self, browser: Browser, path: str) -> None:
        answer = browser.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; ")
        assert {"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= {*policy.split("; ")}
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script|<form|<style|\son\w+=|\sstyle=", answer.text)
        assert '<html lang="en">' in answer.text

    def test_says_which_style_it_wants_so_that_it_may_be_kept_for_ever(self, browser: Browser) -> None:
        found = re.search(r'href="(/static/pages\.css\?v=[0-9a-f]{12})"', browser.get("/").text)
        assert found is not None
        style = browser.get(found[1])
        assert style.headers["content-type"].startswith("text/css")
        assert style.headers["cache-control"] == "public, max-age=31536000, immutable"
        again = browser.get("/static/pages.css", headers={"If-None-Match": style.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["content-type"] == style.headers["content-type"]
        assert browser.get("/static/pages.css?v=old").headers["cache-control"] == "public, max-age=300"

    @pytest.mark.parametrize("name", ["start.html", "..%2Fpages.py", "%2e%2e", "pages.css%00", "PAGES.CSS"])
    def test_has_no_other_files(self, browser: Browser, name: str) -> None:
        assert browser.get(f"/static/{name}").status_code == 404


class TestNothingHere:
    @pytest.mark.parametrize("path", ["/nope", "/nope/deeper", "/api/nope", "/administration", "/index.php", "/%00"])
    @pytest.mark.parametrize("method", METHODS)
    def test_programs_get_a_problem_document(self, home: str, path: str, method: str) -> None:
        answer = httpx.request(method, home + path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "/problems/not-found"
        assert answer.json()["instance"]

    def test_browsers_get_a_page_but_not_of_the_api(self, browser: Browser) -> None:
        page = browser.get("/nope")
        assert page.status_code == 404
        assert "<h1>There is no such thing</h1>" in page.text
        assert browser.get("/api/nope").headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize(("method", "path"), [("DELETE", "/api/health"), ("PUT", "/api/custody"), ("POST", "/")])
    def test_a_wrong_method_is_no_route(self, home: str, method: str, path: str) -> None:
        answer = httpx.request(method, home + path)
        assert (answer.status_code, answer.json()["status"]) == (404, 404)

    def test_a_head_request_of_a_page_has_its_headers_only(self, home: str) -> None:
        answer = httpx.head(f"{home}/")
        assert (answer.status_code, answer.content) == (200, b"")
        assert httpx.head(f"{home}/nope").status_code == 404


class TestStart:
    def test_says_what_this_is_and_where_to_go(self, browser: Browser, world: World) -> None:
        text = browser.get("/").text
        for link in ("/api/docs", "/api/openapi.json", "/api/health", "/api/health/ready", "/problems"):
            assert f'href="{link}"' in text
            assert browser.get(link).status_code == 200, link
        assert f'href="{world.identity}/mail"' in text
        assert "Sign in</a>" in text
        assert "Sign out" not in text

    def test_offers_the_people_of_this_machine(self, browser: Browser) -> None:
        offered = {(name, f"{person}@{domain}") for name, domain in DEMO_TENANTS for person in DEMO_PEOPLE}
        assert offered == {(tenant.name, person.email) for tenant in TENANTS for person in tenant.people}
        text = browser.get("/").text
        assert all(hint.replace("@", "%40") in text for _, hint in offered)

    def test_the_printed_sign_in_link_leads_to_the_issuer_with_that_person(self, browser: Browser) -> None:
        answer = browser.get("/?login_hint=manager-1@acme.example")
        assert answer.status_code == 302
        page = browser.get(answer.headers["location"]).headers["location"]
        assert "login_hint=manager-1%40acme.example" in page
        assert 'class="hinted"' in httpx.get(page).text

    def test_knows_who_is_signed_in(self, driver: Browser, tenant: TenantMade) -> None:
        text = driver.get("/?login_hint=anybody").text
        assert "Driver One" in text
        assert f"{tenant.name} · driver" in text
        assert "Sign in</a>" not in text


class TestSignIn:
    def test_ends_where_it_began_with_a_cookie_that_no_script_reads(
        self, browser: Browser, tenant: TenantMade, services: Services
    ) -> None:
        answer = browser.sign_in(tenant, back="/a/some-code")
        assert (answer.status_code, answer.headers["location"]) == (302, "/a/some-code")
        session, pending = answer.headers.get_list("set-cookie")
        assert {"path=/", "httponly", "samesite=lax", "max-age=3600"} == {*session.split("; ")[1:]}
        assert pending.startswith(f"{PENDING}=; ")
        assert PENDING not in browser.cookies
        assert services.tokens.verify(browser.cookies[SESSION]).oid == "driver-1"

    def test_the_cookie_is_secure_where_people_come_by_https(self, world: World, clone: Clone) -> None:
        far = {"PUBLIC_BASE_URL": "https://motorpool.example", "OIDC_ISSUER": "https://login.example/{tid}/v2.0"}
        far["OIDC_DISCOVERY_URL"] = f"{world.identity}/.well-known/openid-configuration"
        with application(world, clone, **far) as address:
            begun = httpx.get(f"{address}/sign-in")
            start = httpx.get(f"{address}/", headers={"Accept": HTML}).text
        assert "secure" in begun.headers["set-cookie"].split("; ")
        assert "redirect_uri=https%3A%2F%2Fmotorpool.example%2Fsign-in%2Fcallback" in begun.headers["location"]
        assert 'href="https://motorpool.example/sign-in?' in start
        assert "On this machine" not in start
        assert "local/token" not in start

    def test_an_answer_that_another_browser_asked_for_is_not_taken(
        self, browse: Callable[[], Browser], tenant: TenantMade
    ) -> None:
        attacker, victim = browse(), browse()
        trap = attacker.way_back(tenant, oid="attacker")
        assert victim.get(trap).status_code == 401
        victim.get("/sign-in")
        answer = victim.get(trap)
        assert answer.status_code == 401
        assert "Sign-in was not completed" in answer.text
        assert SESSION not in victim.cookies

    def test_an_answer_with_another_state_is_not_even_redeemed(self, browser: Browser, tenant: TenantMade) -> None:
        back = browser.way_back(tenant)
        answer = browser.get(re.sub(r"state=[^&]+", "state=guessed", back))
        assert (answer.status_code, "began in another browser" in answer.text) == (401, True)
        assert browser.get(back).status_code == 302

    def test_a_code_is_good_once(self, browser: Browser, tenant: TenantMade) -> None:
        back = browser.way_back(tenant)
        kept = browser.cookies[PENDING]
        assert browser.get(back).status_code == 302
        browser.cookies.set(PENDING, kept, path="/sign-in")
        assert browser.get(back).status_code == 401

    @pytest.mark.parametrize("pending", ["", "x", "e30=", "bnVsbA==", "W10=", "%ff", "eyJzdGF0ZSI6MX0="])
    def test_a_spoilt_cookie_is_no_sign_in(self, home: str, pending: str) -> None:
        answer = httpx.get(f"{home}/sign-in/callback?code=x&state=", headers={"Cookie": f"{PENDING}={pending}"})
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")

    def test_who_turns_back_at_the_issuer_is_not_signed_in(self, browser: Browser, tenant: TenantMade) -> None:
        back = browser.way_back(tenant)
        told = re.sub(r"code=[^&]+", "error=access_denied&error_description=<b>Pay+here</b>", back)
        answer = browser.get(told)
        assert answer.status_code == 401
        assert "Pay" not in answer.text

    def test_an_unknown_organisation_is_told_so_and_can_leave(self, browser: Browser, tenant: TenantMade) -> None:
        answer = browser.sign_in(TenantMade(0, "no-such-tenant", "No"))
        assert answer.status_code == 403
        assert 'href="/sign-out"' in answer.text
        assert SESSION not in browser.cookies
        assert browser.sign_in(tenant, roles="janitor").status_code == 403

    def test_a_token_that_no_cookie_holds_is_refused_in_words(self, browser: Browser, tenant: TenantMade) -> None:
        answer = browser.sign_in(tenant, roles=["driver", *("r" * 150 for _ in range(25))])
        assert answer.status_code == 413
        assert "fewer claims" in answer.text

    @pytest.mark.parametrize(
        "path", ["/", "/a/Ab-_9", "/problems?x=1", "/api/assets/7", "/a/x%20y", "/~me", "/sign-in"]
    )
    def test_returns_to_any_page_of_our_own(self, path: str) -> None:
        assert own_path(path) == path

    @pytest.mark.parametrize(
        "path",
        [
            "",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x=1",
            "/a b",
            "/ä",
            "/a\n",
            "/" + "a" * 501,
        ],
    )
    def test_sends_nobody_elsewhere(self, browser: Browser, tenant: TenantMade, path: str) -> None:
        assert own_path(path) == "/"
        assert browser.sign_in(tenant, back=path).headers["location"] == "/"

    def test_signing_out_ends_both_sessions(self, driver: Browser, world: World) -> None:
        answer = driver.get("/sign-out")
        assert answer.headers["location"].startswith(f"{world.identity}/logout?")
        assert SESSION not in driver.cookies
        assert "Sign in</a>" in driver.get("/").text

    def test_a_foreign_page_signs_nobody_out(self, driver: Browser) -> None:
        answer = driver.get("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.headers["location"] == "/"
        assert SESSION in driver.cookies


class TestSession:
    def test_the_api_does_not_read_the_cookie(self, driver: Browser) -> None:
        assert driver.get("/").text.count("Driver One") == 1
        assert driver.get("/api/custody").status_code == 401

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "%00", "..", "é", "{}", "x" * 20_000])
    def test_a_bad_token_is_nobody(self, home: str, token: str) -> None:
        cookie = f'theme={{"a": "b"}}; {SESSION}={token}; other'.encode()
        answer = httpx.get(f"{home}/a/x", headers=[(b"Accept", HTML.encode()), (b"Cookie", cookie)])
        assert answer.status_code == 200
        assert "You scanned a Motorpool label" in answer.text

    def test_an_ended_session_asks_for_sign_in(self, home: str, world: World, tenant: TenantMade) -> None:
        token = world.token(tenant.tid, "driver-1", ["driver"], expires_in=-120)
        answer = httpx.get(f"{home}/a/x", headers={"Cookie": f"{SESSION}={token}"})
        assert (answer.status_code, "Sign in" in answer.text) == (200, True)

    def test_the_cookie_of_a_foreign_application_on_the_same_host_does_no_harm(self, driver: Browser) -> None:
        driver.cookies.set("theme", '{"dark": [1, 2]}; =;;')
        assert "Driver One" in driver.get("/").text


class TestLabel:
    @pytest.fixture
    def asset(self, services: Services, tenant: TenantMade) -> int:
        facts = {"license_plate": "7KLM 402", "make": "Ford", "model": "Transit", "odometer_miles": 48210.5}
        return insert_asset(services, tenant, asset_name="Van <b>&amp; seventeen", **facts)

    def test_before_sign_in_nobody_learns_whether_a_code_is_good(
        self, browser: Browser, services: Services, tenant: TenantMade, asset: int
    ) -> None:
        good = label(services, tenant, asset)
        pages = {code: browser.get(f"/a/{code}") for code in (good, "A" * 32, "not_a_code")}
        assert {page.status_code for page in pages.values()} == {200}
        assert len({page.text.replace(code, "") for code, page in pages.items()}) == 1

    def test_sign_in_leads_back_to_the_label(
        self, browser: Browser, services: Services, tenant: TenantMade, asset: int
    ) -> None:
        code = label(services, tenant, asset)
        link = re.search(r'class="main big button" href="([^"]+)"', browser.get(f"/a/{code}").text)
        assert link is not None
        assert browser.get(link[1]).status_code == 302
        assert urlsplit(link[1]).path == "/sign-in"
        assert browser.sign_in(tenant, back=f"/a/{code}").headers["location"] == f"/a/{code}"

    def test_shows_the_asset_as_text_and_not_as_markup(
        self, driver: Browser, services: Services, tenant: TenantMade, asset: int
    ) -> None:
        text = driver.get(f"/a/{label(services, tenant, asset)}").text
        assert '<h1 id="asset">Van &lt;b&gt;&amp;amp; seventeen</h1>' in text
        for fact in ("7KLM 402", "Ford Transit", "48,210.5 mi", "Available", "Nobody has it.", "You may check it out."):
            assert fact in text

    def test_says_who_has_it_since_when_and_until_when(
        self, driver: Browser, services: Services, tenant: TenantMade, asset: int, call: Caller
    ) -> None:
        due = datetime.now(UTC) + timedelta(hours=5)
        holder = call("driver", oid="holder", name="Maria <i>Santos")
        out = custody.check_out_asset(holder, CheckOut(asset_id=asset, due_at=due, condition_rating=4)).body
        assert isinstance(out, Record)
        code = label(services, tenant, asset)
        text = driver.get(f"/a/{code}").text
        assert "<strong>Maria &lt;i&gt;Santos</strong>" in text
        assert f'<time datetime="{out.checkout_time.isoformat()}">' in text
        assert "It is due back" in text
        assert "out now" in text
        assert "4 of 5" in text
        assert "You may" not in text
        assert "Times are those of America/New_York" in text

    def test_says_what_the_reader_may_do(
        self, browse: Callable[[], Browser], services: Services, tenant: TenantMade, asset: int, call: Caller
    ) -> None:
        custody.check_out_asset(call("driver", oid="holder", name="Maria"), CheckOut(asset_id=asset))
        path = f"/a/{label(services, tenant, asset)}"
        holder, dispatcher = browse(), browse()
        holder.sign_in(tenant, oid="holder", name="Maria")
        dispatcher.sign_in(tenant, "dispatcher")
        assert "You may check it in." in holder.get(path).text
        assert re.search(r"<strong>You</strong> have\s+had it since", holder.get(path).text)
        assert "You may check it in for Maria." in dispatcher.get(path).text

    def test_says_that_it_is_late(
        self, driver: Browser, services: Services, tenant: TenantMade, asset: int, call: Caller
    ) -> None:
        earlier = datetime.now(UTC) - timedelta(hours=5)
        late = {"occurred_at": earlier, "due_at": earlier + timedelta(hours=1)}
        custody.check_out_asset(call("driver", oid="late"), CheckOut(asset_id=asset, **late))
        assert "It was due back" in driver.get(f"/a/{label(services, tenant, asset)}").text

    def test_says_why_it_cannot_be_had(self, driver: Browser, services: Services, tenant: TenantMade) -> None:
        asset = insert_asset(services, tenant, status="in_maintenance")
        text = driver.get(f"/a/{label(services, tenant, asset)}").text
        assert "This asset is in maintenance." in text
        assert "Nobody has it." not in text

    def test_shows_photos_from_storage_and_from_nowhere_else(
        self, driver: Browser, services: Services, tenant: TenantMade, asset: int, call: Caller
    ) -> None:
        who = call("driver", oid="photographer")
        files = [Attachment(BytesIO(raw := encoded(quarters())), len(raw)) for _ in range(8)]
        out = custody.check_out_asset(who, CheckOut(asset_id=asset, photo=tuple(files))).body
        assert isinstance(out, Record)
        path = f"/a/{label(services, tenant, asset)}"
        assert "There are none to show." in driver.get(path).text
        for photo in out.photos:
            photos.process_photo(services, f"{tenant.id}/{photo.photo_id}")
        page = driver.get(path)
        shown = [link.replace("&amp;", "&") for link in re.findall(r'<img src="(http[^"]+)"', page.text)]
        assert len(shown) == 6
        parts = urlsplit(shown[0])
        assert f"img-src 'self' {parts.scheme}://{parts.netloc};" in page.headers["content-security-policy"]
        assert httpx.get(shown[0]).headers["content-type"] == "image/webp"

    def test_keeps_to_the_last_five(
        self, driver: Browser, services: Services, tenant: TenantMade, asset: int, call: Caller
    ) -> None:
        for number in range(6):
            who = call("driver", oid=f"one-{number}", name=f"Person {number}")
            custody.check_out_asset(who, CheckOut(asset_id=asset))
            custody.check_in_asset(who, CheckIn(asset_id=asset, condition_rating=3))
        text = driver.get(f"/a/{label(services, tenant, asset)}").text
        assert [f"Person {number}" in text for number in range(6)] == [False, True, True, True, True, True]

    def test_a_code_that_is_not_ours_is_not_found_whatever_is_wrong_with_it(
        self, driver: Browser, services: Services, tenant: TenantMade, other_tenant: TenantMade, asset: int
    ) -> None:
        good = label(services, tenant, asset)
        theirs = insert_asset(services, other_tenant, asset_name="Their secret van")
        wrong = {
            "forged": "A" * 32,
            "altered": good[:-1] + ("A" if good[-1] != "A" else "B"),
            "other case": good.swapcase(),
            "another tenant's": label(services, other_tenant, theirs),
            "revoked": label(services, tenant, asset, generation=9),
            "of nothing": label(services, tenant, 2**40),
            "short": "x",
            "odd": "%F0%9F%9A%97%00%22",
        }
        pages = {why: driver.get(f"/a/{code}") for why, code in wrong.items()}
        assert {page.status_code for page in pages.values()} == {404}
        assert len({without_instance(page) for page in pages.values()}) == 1
        assert "no label with this code" in pages["forged"].text

    def test_a_blank_tag_says_so(
        self, browse: Callable[[], Browser], services: Services, tenant: TenantMade, clone: Clone
    ) -> None:
        with psycopg.connect(clone.owner_url) as owner:
            owner.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(tenant.id)])
            row = owner.execute("INSERT INTO tags (tenant_id) VALUES (%s) RETURNING id", [tenant.id]).fetchone()
        assert row is not None
        path = f"/a/{services.tag_codec.encode(TagSubject(TagKind.BLANK, tenant.id, row[0]))}"
        driver, manager = browse(), browse()
        driver.sign_in(tenant, "driver")
        manager.sign_in(tenant, "manager")
        assert "A manager of" in driver.get(path).text
        assert "You may link it" in manager.get(path).text

    def test_costs_are_no_page(self, browser: Browser, services: Services, tenant: TenantMade) -> None:
        browser.sign_in(tenant, "manager")
        asset = insert_asset(services, tenant, purchase_price="54321.00", current_value="43210.00")
        text = browser.get(f"/a/{label(services, tenant, asset)}").text
        assert not re.search(r"54,?321|43,?210", text)


class TestProblems:
    def test_every_type_is_explained(self, home: str) -> None:
        for problem in _problems(Refusal):
            answer = httpx.get(f"{home}/problems/{problem.slug}")
            assert answer.status_code == 200, problem
            assert problem.title().rstrip(".") in answer.text
            assert f"<dd>{problem.status}</dd>" in answer.text

    def test_all_are_listed(self, home: str) -> None:
        text = httpx.get(f"{home}/problems").text
        assert all(f'href="/problems/{problem.slug}"' in text for problem in _problems(Refusal))

    def test_what_is_no_problem_is_not_found(self, home: str) -> None:
        assert httpx.get(f"{home}/problems/none-such").status_code == 404

    def test_a_problem_document_leads_to_its_page(self, home: str) -> None:
        kind = str(httpx.get(f"{home}/api/custody").json()["type"])
        assert httpx.get(home + kind).status_code == 200
