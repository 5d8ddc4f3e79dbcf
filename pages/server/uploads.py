"""What is uploaded stays in memory: above a megabyte, it would be written to the temporary folder on its way."""

from starlette.formparsers import MultiPartParser
from streamlit import config


def keep_in_memory() -> None:
    """No part of a form that the server takes at all is written to a file."""
    MultiPartParser.spool_max_size = (config.get_option("server.maxUploadSize") + 1) * 2**20
