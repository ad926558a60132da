"""Where the tests find the gateway and the simulator behind it: environment variables, see ../README.md."""

import os

GATEWAY = os.environ["CARDEA_GATEWAY"].rstrip("/")
KEY = os.environ["CARDEA_KEY_TEAM_A"]
# A key that may use every model.
KEY_TO_ALL = os.environ.get("CARDEA_KEY_TEAM_B", KEY)
SIMULATOR = os.environ["SIMULATOR"].rstrip("/")
# The tests talk to the simulator itself, so the caller's key is the provider's.
DIRECT = os.environ.get("CARDEA_DIRECT") == "1"

AZURE = os.environ.get("CARDEA_AZURE", GATEWAY)
AZURE_V1 = os.environ.get("CARDEA_AZURE_V1", GATEWAY + "/openai/v1")
OPENAI = os.environ.get("CARDEA_OPENAI", GATEWAY + "/v1")
WIRES = os.environ.get("CARDEA_WIRES", "azure,azure-v1,openai").split(",")

CHAT = os.environ.get("CARDEA_CHAT_MODEL", "gpt-4o-mini")
EMBEDDING = os.environ.get("CARDEA_EMBEDDING_MODEL", "text-embedding-3-small")
API_VERSION = "2024-10-21"
# Responses came to the dated API later.
RESPONSES_API_VERSION = "2025-04-01-preview"
