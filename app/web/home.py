"""The front door: whoever is signed in begins with their own work."""

from flask import Blueprint, redirect
from flask.typing import ResponseReturnValue

from app.auth.guards import signed_in

pages = Blueprint("home", __name__)


@pages.get("/")
@signed_in
def home() -> ResponseReturnValue:
    return redirect("/work/mine", 303)
