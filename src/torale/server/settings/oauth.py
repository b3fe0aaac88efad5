"""Settings of signing in through Google and GitHub."""

from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings


class OAuthSettings(BaseSettings):
    """Each provider is on when its two settings are there; Clerk takes the place of both."""

    google_client_id: Annotated[
        str, Field(alias="GOOGLE_CLIENT_ID", description="Turns signing in with Google on.")
    ] = ""
    google_client_secret: Annotated[
        SecretStr | None, Field(alias="GOOGLE_CLIENT_SECRET", description="Belongs to it.")
    ] = None
    github_client_id: Annotated[
        str, Field(alias="GITHUB_CLIENT_ID", description="Turns signing in with GitHub on.")
    ] = ""
    github_client_secret: Annotated[
        SecretStr | None, Field(alias="GITHUB_CLIENT_SECRET", description="Belongs to it.")
    ] = None

    @model_validator(mode="after")
    def _clients_are_whole(self) -> Self:
        pairs = {
            "GOOGLE": (self.google_client_id, self.google_client_secret),
            "GITHUB": (self.github_client_id, self.github_client_secret),
        }
        for name, (client_id, secret) in pairs.items():
            if bool(client_id) != (secret is not None):
                missing = "SECRET" if client_id else "ID"
                raise ValueError(f"{name}_CLIENT_{missing}: set it too, or unset the other")
        return self
