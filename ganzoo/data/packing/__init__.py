"""Packed folders: images that were cropped, resized and decoded once, in files that are mapped."""
