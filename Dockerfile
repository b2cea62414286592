# docker build -t heliossync . ; how to run it is in docs/operations.md, "With containers".
# ops/check-shipping builds these steps by hand and runs what comes out, for where no Docker engine is.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY . .
# SQLite's library lies beside the program here: nothing has to be unpacked, so nothing but /data is ever written.
RUN dotnet publish src/Host -c Release -p:SingleFile=true -p:IncludeNativeLibrariesForSelfExtract=false -p:RestoreLockedMode=true -o /app && mkdir /data

FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled
COPY --from=build /app /app
COPY --from=build --chown=1654:1654 /data /data
ENV BIND_ADDR=0.0.0.0:8080
ENV DATA_DIR=/data
ENV DOTNET_EnableDiagnostics=0
USER 1654:1654
EXPOSE 8080
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["/app/heliossync", "health"]
ENTRYPOINT ["/app/heliossync"]
CMD ["serve"]
