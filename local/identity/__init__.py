"""An OpenID Connect issuer on this machine, in place of Microsoft Entra ID."""
