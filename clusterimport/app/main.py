"""Build every object from the settings, open the nested scopes, end with an exit code.

Scopes open in the order that things need each other and close in reverse: the health server, so
that a waiting start can be seen; the connection; informers and policies, warm in every replica;
the election; and inside it the reconcilers. The lease is released when the reconcilers have ended.
"""

import asyncio
import platform
import secrets
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from random import Random

import structlog

from clusterimport import __version__
from clusterimport.aio import Clock, SystemClock, background
from clusterimport.app.capacity import (
    capacity,
    memory_limit,
    probes_at_a_time,
    raise_file_limit,
)
from clusterimport.app.contact import ServerContact
from clusterimport.app.eventloop import EVENT_LOOP, new_event_loop
from clusterimport.app.heap import settle_heap
from clusterimport.controllers.inforce.hub import Hub
from clusterimport.controllers.manager import ImportManager
from clusterimport.controllers.queues import Workers
from clusterimport.gotemplate.sprig.zones import read_database
from clusterimport.informers import ServerInformerFactory
from clusterimport.kube import (
    ConnectionOptions,
    ConnectionSettings,
    ResourceClient,
    RestClient,
    load_settings,
    open_connection,
)
from clusterimport.leaderelection import (
    AloneGuard,
    LeaderElectionOptions,
    LeaderElector,
    LeaseLock,
    Rivals,
)
from clusterimport.limits.counted import Limit
from clusterimport.limits.listener import HTTPS_REVIEWS
from clusterimport.model.gvr import DEPLOYMENTS, LEASES
from clusterimport.model.meta import ObjectKey
from clusterimport.model.pediacluster import Digest
from clusterimport.observability.access import MetricsAccess
from clusterimport.observability.exposition import Exposition
from clusterimport.observability.logging import configure_logging
from clusterimport.observability.looplag import LoopLagSampler
from clusterimport.observability.metrics import Metrics
from clusterimport.observability.server import observability_server, secure_metrics_server
from clusterimport.observability.tlschannel import CertificateFiles, SelfSigned, ServingCertificate
from clusterimport.probing import AddressPolicy, ClusterProbe, Dialer, Resolver
from clusterimport.settings import Settings

log = structlog.get_logger(__name__)


def run(settings: Settings) -> int:
    """Run the controller until SIGTERM or SIGINT; return the exit code.

    Raises:
        ClusterImportError: the settings cannot work, for example an unreadable kubeconfig.

    """
    configure_logging(level=settings.log_level, json=settings.log_format == "json")
    if settings.ignored_flags:
        log.warning("flags without meaning here were ignored", flags=settings.ignored_flags)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(_run(settings))


async def _run(settings: Settings) -> int:
    # Now, so that no template makes a replica that is at work read 600 files.
    read_database()
    settle_heap()
    clock = SystemClock()
    metrics = Metrics(
        clock=clock, lease_name=settings.lease_name, by_cluster=settings.metrics_by_cluster
    )
    program = Replica(settings, metrics=metrics, clock=clock)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await program.run(stop)
    return 0


class Replica:
    """One replica of the controller."""

    def __init__(self, settings: Settings, *, metrics: Metrics, clock: Clock) -> None:
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        # Not for secrets: spreads retries and polls of replicas over time.
        self._random = Random(secrets.randbits(64))  # noqa: S311
        self._manager: ImportManager | None = None
        self._contact: ServerContact | None = None
        self._alone: AloneGuard | None = None
        self._open_files = raise_file_limit()
        self._dialer = self._make_dialer()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop`` is set; then drain, give the lease back, and end."""
        settings = self._settings
        # First, so that a mistake in it is the only thing that is told.
        connection = await load_settings(
            kubeconfig=settings.kubeconfig, master=settings.master, clock=self._clock
        )
        log.info(
            "starting",
            version=__version__,
            python=platform.python_version(),
            event_loop=EVENT_LOOP,
            server=connection.server,
            flags=settings.given_flags,
        )
        bulk = ConnectionOptions(qps=settings.qps, burst=settings.burst)
        exposition = Exposition(self._metrics, self._metrics.openmetrics, clock=self._clock)
        async with (
            self._observed(None if settings.metrics_secure else exposition),
            self._metrics_secured(exposition, connection),
            self._connected(connection, bulk) as rest,
            # A connection of its own: a renewal must not queue behind an import of thousands.
            self._connected(connection, ConnectionOptions(max_in_flight=4)) as lease_rest,
        ):
            informers = ServerInformerFactory(
                lambda gvr: ResourceClient(rest, gvr),
                clock=self._clock,
                random=self._random,
                metrics=self._metrics.informers,
                limits=self._metrics.limits,
                namespace_bytes=settings.max_source_bytes_per_namespace,
            )
            with closing(self._dialer):
                manager = self._make_manager(Hub.of(rest, informers, self._clock))
                self._manager = manager
                self._contact = contact = ServerContact(
                    rest,
                    lease_rest,
                    bearable_seconds=settings.lease_duration_seconds,
                    clock=self._clock,
                )
                self._metrics.silence.follow("api_server", lambda: contact.silent_seconds)
                if settings.leader_elect:
                    self._metrics.silence.follow("lease", lambda: contact.lease_silent_seconds)
                async with background(
                    informers=informers.run(), manager=manager.run(), contact=contact.run()
                ):
                    await self._lead_until(stop, manager, rest, lease_rest)
        log.info("stopped")

    def missing(self) -> Sequence[str]:
        """Name what this replica is not ready for; empty when it is."""
        if self._manager is None or self._contact is None:
            return ("connection",)
        alone = self._alone.missing() if self._alone else ()
        return (*self._contact.missing(), *alone, *self._manager.unready())

    def notes(self) -> Sequence[str]:
        """Tell what a person should know of this replica though it is ready."""
        note = self._dialer.connections.note()
        notes = [note] if note else []
        if self._manager is not None:
            notes.extend(self._manager.stale())
        if self._contact is not None and self._settings.leader_elect:
            notes.extend(self._contact.stale_lease())
        return notes

    async def _lead_until(
        self, stop: asyncio.Event, manager: ImportManager, rest: RestClient, lease_rest: RestClient
    ) -> None:
        async with asyncio.TaskGroup() as group:
            electing = self._lead(manager, rest, lease_rest)
            leading = group.create_task(electing, name="leader election")
            stopping = group.create_task(_wait_for(stop), name="stop")
            await asyncio.wait({leading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            log.info("stopping")
            leading.cancel()
            stopping.cancel()

    async def _lead(self, manager: ImportManager, rest: RestClient, lease_rest: RestClient) -> None:
        settings = self._settings
        if not settings.leader_elect:
            await manager.lead(rest)
            return
        options = LeaderElectionOptions(
            lease_namespace=settings.lease_namespace,
            lease_name=settings.lease_name,
            lease_duration_seconds=settings.lease_duration_seconds,
            renew_deadline_seconds=settings.renew_deadline_seconds,
            retry_period_seconds=settings.retry_period_seconds,
        )

        def on_history_lost() -> None:
            manager.distrust()
            elector.step_down()

        lock = LeaseLock(
            ResourceClient(lease_rest, LEASES),
            namespace=settings.lease_namespace,
            name=settings.lease_name,
            on_history_lost=on_history_lost,
        )
        elector = LeaderElector(
            lock, options, clock=self._clock, random=self._random, metrics=self._metrics.leader
        )
        gated = rest.gated(elector)
        self._alone = alone = AloneGuard(
            Rivals(
                ResourceClient(rest, LEASES),
                ResourceClient(rest, DEPLOYMENTS),
                own=ObjectKey(settings.lease_namespace, settings.lease_name),
                clock=self._clock,
            ),
            clock=self._clock,
            random=self._random,
            metrics=self._metrics.leader,
        )
        await alone.run(
            lambda: elector.run(lambda: manager.lead(gated, may_write=lambda: elector.is_leading))
        )

    def _make_dialer(self) -> Dialer:
        policy = AddressPolicy(allow=self._settings.probe_allow, deny=self._settings.probe_deny)
        limits = self._metrics.limits
        return Dialer(
            policy,
            Resolver(on_wait=lambda: limits.limit_reached(Limit.PROBE_NAMES)),
            capacity=capacity(self._open_files, memory_limit()),
            limits=limits,
        )

    def _make_manager(self, hub: Hub) -> ImportManager:
        settings = self._settings
        return ImportManager(
            hub,
            settings,
            make_probe=lambda connection, tenant: ClusterProbe(
                connection, tenant=tenant, dialer=self._dialer
            ),
            workers=Workers(
                sources=settings.source_workers,
                lifecycles=settings.lifecycle_workers,
                pediaclusters=probes_at_a_time(self._open_files),
            ),
            digest=Digest(secrets.token_bytes(32)),
            clock=self._clock,
            random=self._random,
            metrics=self._metrics,
        )

    def _connected(
        self, connection: ConnectionSettings, options: ConnectionOptions
    ) -> AbstractAsyncContextManager[RestClient]:
        return open_connection(
            connection, options=options, metrics=self._metrics.rest, clock=self._clock
        )

    @asynccontextmanager
    async def _metrics_secured(
        self, exposition: Exposition, connection: ConnectionSettings
    ) -> AsyncIterator[None]:
        host, port = self._settings.metrics_secure_address
        if not self._settings.metrics_secure or port is None:
            yield
            return
        certificate: ServingCertificate
        if folder := self._settings.metrics_cert_path:
            certificate = CertificateFiles(Path(folder), clock=self._clock)
        else:
            certificate = SelfSigned(clock=self._clock)
        # A connection of its own: nobody is kept from metrics, or from importing, by the other.
        own = ConnectionOptions(max_in_flight=HTTPS_REVIEWS)
        async with self._connected(connection, own) as rest:
            server = secure_metrics_server(
                host,
                port,
                exposition=exposition,
                access=MetricsAccess(rest, clock=self._clock),
                certificate=certificate,
                clock=self._clock,
                limits=self._metrics.limits,
            )
            async with background(secure_metrics=server.run()):
                await server.started.wait()
                yield

    @asynccontextmanager
    async def _observed(self, exposition: Exposition | None) -> AsyncIterator[None]:
        sampler = LoopLagSampler(self._metrics, clock=self._clock)
        host, port = self._settings.metrics_address
        if port is None:
            async with background(loop_lag=sampler.run()):
                yield
            return
        server = observability_server(
            host,
            port,
            metrics=exposition,
            limits=self._metrics.limits,
            clock=self._clock,
            readiness=self.missing,
            liveness=tuple,
            notes=self.notes,
        )
        async with background(loop_lag=sampler.run(), server=server.run()):
            # A port that is taken ends the start before anything else is said.
            await server.started.wait()
            yield


async def _wait_for(stop: asyncio.Event) -> None:
    await stop.wait()
