"""HTTP face of the directory service: parse, call one action, answer."""

from fastapi import APIRouter

router = APIRouter()
