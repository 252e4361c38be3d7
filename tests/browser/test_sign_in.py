"""Signing in with a second factor, one's own account, and accounts as an admin makes them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from officials import Person, official
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, update

from geo import passwords
from geo.schema import account

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
WORDS = "cá vàng bơi ngược dòng"


@pytest.fixture(autouse=True)
def needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Supervisors need a second factor; before the service starts."""
    monkeypatch.setenv("PHANANH_SECOND_FACTOR", "supervisor")


def _person(engine: Engine, name: str, role: str) -> Person:
    who = official(engine, role, name=name)
    with engine.begin() as connection:
        own = account.c.id == who.id
        connection.execute(update(account).where(own).values(password=passwords.hashed(WORDS)))
    return who


@pytest.fixture
def screens(chromium: Browser) -> Iterator[list[Page]]:
    """A phone and a desktop, of people of their own."""
    made = [
        chromium.new_context(viewport={"width": width, "height": height})
        for width, height in ((390, 844), (1440, 900))
    ]
    yield [one.new_page() for one in made]
    for one in made:
        one.close()


def _looks_right(page: Page) -> None:
    """axe finds nothing, dark or light, at both sizes; nothing is wider than the screen."""
    size = page.viewport_size
    for width, height in ((390, 844), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.evaluate(AXE.read_text("utf-8"))
            found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
            faults = [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]
            assert faults == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(size)  # type: ignore[arg-type]


def _enter(page: Page, address: str, name: str, password: str = WORDS) -> None:
    page.goto(f"{address}/office/sign-in?next=/office/account")
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("button[type=submit]")


def test_a_supervisor_is_led_to_a_second_factor_and_signs_in_with_it(
    screens: list[Page], address: str, hanoi_engine: Engine
) -> None:
    _person(hanoi_engine, "hoa", "supervisor")
    phone, desktop = screens
    phone.goto(f"{address}/office/sign-in")
    phone.wait_for_selector("#name")
    _looks_right(phone)
    _enter(phone, address, "hoa")
    phone.wait_for_selector(".qr")
    _looks_right(phone)
    assert phone.evaluate("document.querySelector('.qr').naturalWidth") > 100
    secret = re.sub(r"\s", "", phone.locator(".key").inner_text())
    phone.fill("#totp-code", "12")
    phone.click(".account-form button[type=submit]")
    expect(phone.locator(".trouble")).not_to_be_empty()
    phone.fill("#totp-code", pyotp.TOTP(secret).now())
    phone.click(".account-form button[type=submit]")
    codes = phone.locator(".recovery li")
    expect(codes).to_have_count(8)
    first = codes.first.inner_text()
    _looks_right(phone)
    phone.click("#recovery-kept")
    expect(phone.locator("#factor")).to_contain_text("8")
    _looks_right(phone)

    _enter(desktop, address, "hoa")
    desktop.wait_for_selector("#code")
    _looks_right(desktop)
    desktop.fill("#code", "000000")
    desktop.keyboard.press("Enter")
    expect(desktop.locator(".trouble")).to_contain_text("Mã không đúng")
    desktop.fill("#code", first)
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#factor")).to_contain_text("7")
    # Both are listed; one ends the other.
    expect(desktop.locator("#sessions li")).to_have_count(2)
    desktop.click("#sessions > button")
    expect(desktop.locator("#sessions li")).to_have_count(1)
    phone.goto(f"{address}/office/account")
    phone.wait_for_url("**/office/sign-in?next=*")


def test_an_admin_makes_an_account_for_an_area_and_its_owner_signs_in_with_what_is_shown(
    screens: list[Page], address: str, hanoi_engine: Engine
) -> None:
    _person(hanoi_engine, "quantri", "admin")
    phone, desktop = screens
    _enter(desktop, address, "quantri")
    desktop.wait_for_selector("#sessions li")
    desktop.goto(f"{address}/office/admin/accounts")
    desktop.wait_for_selector("[data-name=quantri]")
    _looks_right(desktop)
    desktop.click("#account-new")
    desktop.fill("[name=new-name]", "lan")
    desktop.fill("[name=new-full-name]", "Nguyễn Thị Lan")
    # Without a role it could do nothing.
    desktop.click("dialog button[type=submit]")
    expect(desktop.locator("dialog")).to_contain_text("Hãy chọn quyền")
    expect(desktop.locator("[name=give-role]")).to_be_focused()
    desktop.select_option("[name=give-role]", "officer")
    desktop.fill("[name=area-search]", "phuong dong da")
    desktop.locator(".choices button").first.click()
    _looks_right(desktop)
    desktop.click("dialog button[type=submit]")
    password = desktop.locator("#one-time").inner_text()
    expect(desktop.locator("dialog .roles")).to_contain_text("Phường Đống Đa")
    # The password is in sight until its dialog is closed, and then no more.
    expect(desktop.locator("#one-time")).to_have_text(password)
    desktop.keyboard.press("Escape")
    desktop.click("[data-name=lan]")
    expect(desktop.locator("dialog .roles")).to_contain_text("Phường Đống Đa")
    expect(desktop.locator("#one-time")).to_have_count(0)
    # Words that were not chosen from the list are no area.
    desktop.click("dialog summary")
    desktop.fill("[name=area-search]", "00235")
    desktop.click(".role-form button[type=submit]")
    expect(desktop.locator(".role-form [role=alert]")).to_contain_text("Hãy chọn địa bàn")
    desktop.click("dialog .close")
    # The last admin stays one.
    desktop.click("[data-name=quantri]")
    taking = desktop.locator("dialog .roles button")
    taking.click()
    taking.click()
    expect(desktop.locator("dialog > .alert")).to_contain_text("cuối cùng")

    _enter(phone, address, "lan", password)
    phone.wait_for_selector(".notice")
    phone.fill("#old", password)
    phone.fill("#new", "bốn con trâu đọc báo")
    phone.click("button.main")
    phone.wait_for_url("**/office")
    phone.goto(f"{address}/office/account")
    expect(phone.locator(".account")).to_contain_text("Phường Đống Đa")
