"""A number from Redis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from exporter.errors import SettingsError, secret
from exporter.sources.reading import ReadError, number, public

if TYPE_CHECKING:
    import redis

    from exporter.settings import RedisState

VARIABLE: Final = "REDIS_URL"
SCHEMES: Final = ("redis://", "rediss://", "unix://")


def read(source: RedisState, timeout: float, environment: Mapping[str, str]) -> float:
    """The number under the source's key. A connection is made each time: it is cheap, and survives every restart."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    url = _url(source, environment)
    place = f"{source.command} {source.key} at {public(url)}"
    try:
        # Its own retries wait for seconds; the next scrape is the retry.
        options: dict[str, Any] = {"retry": Retry(NoBackoff(), 0)}
        options |= {"socket_timeout": timeout, "socket_connect_timeout": timeout}
        with redis.Redis.from_url(url, **options) as client:
            value = _ask(client, source)
    except redis.AuthenticationError:
        raise ReadError(f"{place}: Redis refuses the user name or password of the URL") from None
    except redis.TimeoutError:
        raise ReadError(f"{place}: Redis gives no answer within {timeout:g} s") from None
    except redis.ResponseError as error:
        raise ReadError(f"{place}: {_refusal(str(error))}") from None
    except (redis.RedisError, OSError) as error:
        raise ReadError(f"{place}: Redis cannot be reached ({type(error).__name__})") from None
    except ValueError:
        raise ReadError("the Redis URL is malformed; write one such as redis://127.0.0.1:6379/0") from None
    if value is None:
        raise ReadError(f"{place}: there is no such key")
    return number(value, place)


def _ask(client: redis.Redis, source: RedisState) -> Any:
    if source.command == "pubsub_numsub":
        answer: Any = client.pubsub_numsub(source.key)
        return answer[0][1]
    return getattr(client, source.command)(source.key)


def _refusal(message: str) -> str:
    if message.startswith("WRONGTYPE"):
        return "the key is of another type; choose the command that fits it"
    if message.startswith(("NOPERM", "NOAUTH")):
        return "Redis does not permit this; give a user that may read the key"
    return f"Redis refuses the command ({message.split(' ', 1)[0]})"


def _url(source: RedisState, environment: Mapping[str, str]) -> str:
    if source.url_file is not None:
        try:
            url = secret(source.url_file, "redis.url_file")
        except SettingsError as error:
            raise ReadError(str(error)) from None
    else:
        url = environment.get(VARIABLE, "").strip()
        if not url:
            raise ReadError(f"no Redis is named; set {VARIABLE} or the source's url_file")
    if not url.startswith(SCHEMES):
        raise ReadError("the Redis URL is malformed; write one such as redis://127.0.0.1:6379/0")
    return url
