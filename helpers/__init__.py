"""The small package behind the course. Every part of it is built or opened up in a lesson."""
