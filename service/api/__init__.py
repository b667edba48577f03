"""What programs read: for now, the schemas of the documents that we take."""

from service.api.schemas import schemas

__all__ = ["schemas"]
