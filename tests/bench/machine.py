"""The machine and the versions behind the figures."""

import os
import platform
from importlib.metadata import version
from typing import Any

import asyncpg
import redis.asyncio

from tests.support.cluster import Cluster

PACKAGES = ("uvicorn", "starlette", "websockets", "uvloop", "asyncpg", "redis", "msgspec", "picows")


async def machine(cluster: Cluster) -> dict[str, Any]:
    """The number of cores, and the versions of what matters."""
    connection = await asyncpg.connect(cluster.admin_url)
    try:
        postgres = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    async with redis.asyncio.Redis.from_url(cluster.redis_url) as client:
        info = await client.info("server")
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
        "postgres": postgres.split()[0],
        "valkey": info.get("valkey_version") or info.get("redis_version"),
    }
