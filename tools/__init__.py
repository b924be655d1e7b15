"""What runs, tries and publishes the course: see `tools/course.py`."""
