"""Puts file storage and the installation's signer into a runtime."""

from qiao.core.files.store import BlobStore, FolderStore
from qiao.core.runtime import Runtime
from qiao.core.secrets import Signer, load_signer


def provide(runtime: Runtime) -> None:
    runtime.provide(BlobStore, FolderStore(runtime.settings.files_dir))


async def start(runtime: Runtime) -> None:
    runtime.provide(Signer, await load_signer(runtime.db))
