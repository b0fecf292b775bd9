"""The application as gunicorn serves it: `gunicorn tracker.wsgi:app`."""

from tracker.app import create_app

app = create_app()
