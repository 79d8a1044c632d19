"""What the figures were seen on."""

import asyncio
import os
import platform
from importlib.metadata import version
from typing import Any

import asyncpg
import psutil
import redis.asyncio

from tests.support.cluster import Cluster

BUSY_FOR = 1.0
"""For how long it is looked how busy it is, in seconds."""
PACKAGES = ("uvicorn", "starlette", "websockets", "uvloop", "asyncpg", "redis", "msgspec", "picows")


async def machine(cluster: Cluster) -> dict[str, Any]:
    """How many cores, how busy they are before anything is measured, and the versions of what matters."""
    connection = await asyncpg.connect(cluster.admin_url)
    try:
        postgres = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    async with redis.asyncio.Redis.from_url(cluster.redis_url) as client:
        info = await client.info("server")
    return {
        "busy_before": await asyncio.to_thread(psutil.cpu_percent, BUSY_FOR) / 100,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
        "postgres": postgres.split()[0],
        "valkey": info.get("valkey_version") or info.get("redis_version"),
    }
