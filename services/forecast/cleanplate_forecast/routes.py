"""HTTP face of the forecast service: parse, call one action, answer."""

from fastapi import APIRouter

router = APIRouter()
