"""What goes over the wire: small, and understood."""

import gzip

import pytest
from flask import Flask

from app.presentation import assets
from tests.functional.app.conftest import Office


def test_pages_go_out_compressed_to_who_reads_that_and_plain_to_who_does_not(office: Office) -> None:
    browser = office.browser("adam")
    packed = browser.client.get("/work/mine", headers={"Accept-Encoding": "gzip"})
    plain = browser.client.get("/work/mine")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert len(packed.get_data()) * 3 < len(plain.get_data())
    assert b"My inbox" in gzip.decompress(packed.get_data())
    assert "Content-Encoding" not in plain.headers


def test_the_length_of_a_compressed_page_tells_nothing(office: Office) -> None:
    browser = office.browser("adam")
    heads = {"Accept-Encoding": "gzip"}
    lengths = {len(browser.client.get("/settings", headers=heads).get_data()) for _ in range(12)}
    assert len(lengths) > 3


def test_a_page_that_has_not_changed_is_not_sent_again_however_it_was_compressed(office: Office) -> None:
    browser = office.browser("adam")
    heads = {"Accept-Encoding": "gzip", "X-Live": "1"}
    first = browser.client.get("/cases", headers=heads)
    again = browser.client.get("/cases", headers={**heads, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(("read", "sent"), [("br, gzip", "br"), ("gzip", "gzip"), ("identity", None)])
def test_built_files_go_out_as_the_build_compressed_them(app: Flask, read: str, sent: str | None) -> None:
    if not assets.is_built():
        pytest.skip("The front end is not built: make assets")
    answer = app.test_client().get(assets.asset("app.css"), headers={"Accept-Encoding": read})
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert answer.headers.get("Content-Encoding") == sent
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    answer.close()


def test_no_file_outside_the_folder_goes_out(app: Flask) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/config.py", "/static/dist/none.css"):
        assert app.test_client().get(path, headers={"Accept-Encoding": "br"}).status_code == 404
