"""HTTP face of the report service: parse, call one action, answer."""

from fastapi import APIRouter

router = APIRouter()
