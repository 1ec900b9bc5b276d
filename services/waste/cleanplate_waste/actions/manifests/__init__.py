"""Manifests (联单): what leaves the kitchen, confirmed by both sides."""
