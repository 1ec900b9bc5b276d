"""HTTP face of the waste service: parse, call one action, answer."""

from fastapi import APIRouter

router = APIRouter()
