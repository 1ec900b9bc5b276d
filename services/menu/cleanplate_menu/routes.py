"""HTTP face of the menu service: parse, call one action, answer."""

from fastapi import APIRouter

router = APIRouter()
