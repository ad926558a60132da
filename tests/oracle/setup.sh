#!/bin/sh
# Builds the oracle, which compiles and runs expressions with a real C# compiler and runtime: target/oracle/bin.
#   Roslyn 2.10 and Json.NET 12 come as assemblies in a package (package-lock.json), .NET's libraries and the reference
#   assemblies of .NET Framework 4.8 from Debian's Mono.
# Quick when nothing changed. Needs mono, mcs (Debian: mono-runtime mono-devel mono-mcs) and npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
state="$root/target/oracle"
mark="$state/installed"

for tool in mono mcs npm sha256sum; do
    if ! command -v "$tool" >/dev/null; then
        echo "setup: $tool is missing; on Debian: apt-get install mono-runtime mono-devel mono-mcs npm coreutils" >&2
        exit 1
    fi
done

packages=$(sha256sum <"$here/package-lock.json")
if [ "$(cat "$state/packages" 2>/dev/null)" != "$packages" ]; then
    echo "setup: installing for the oracle: $(sed -n 's/.*"csharp-wasm-runner": //p' "$here/package.json")"
    rm -rf "$state"
    mkdir -p "$state/bin"
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$state"
    (cd "$state" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error)
    for name in Microsoft.CodeAnalysis Microsoft.CodeAnalysis.CSharp System.Collections.Immutable \
        System.Reflection.Metadata Newtonsoft.Json; do
        cp "$state/node_modules/csharp-wasm-runner/runtime/managed/$name.dll" "$state/bin"
    done
    rm -rf "$state/node_modules"
    echo "$packages" >"$state/packages"
fi

wanted=$(cat "$here"/csharp/*.cs "$here/setup.sh" | sha256sum)
[ "$(cat "$mark" 2>/dev/null)" = "$wanted" ] && exit
framework=/usr/lib/mono/4.8-api
facades=/usr/lib/mono/4.5/Facades
bin="$state/bin"
build() { mcs -nologo -optimize -nowarn:1701,1702 -r:"$facades/netstandard.dll" -r:"$bin/Newtonsoft.Json.dll" -r:System.Xml.Linq "$@"; }
build -target:library -out:"$bin/Context.dll" "$here/csharp/Interfaces.cs" "$here/csharp/Extensions.cs" "$here/csharp/Model.cs" \
    "$here/csharp/Friends.cs"
build -target:exe -out:"$bin/Oracle.exe" -r:"$bin/Context.dll" -r:"$bin/Microsoft.CodeAnalysis.dll" \
    -r:"$bin/Microsoft.CodeAnalysis.CSharp.dll" -r:"$bin/System.Collections.Immutable.dll" $(printf -- '-r:%s ' "$facades"/System.*.dll) \
    "$here/csharp/Driver.cs" "$here/csharp/Compiler.cs" "$here/csharp/Canonical.cs" "$here/csharp/Table.cs" "$here/csharp/AllowList.cs"
echo "$framework" >"$state/framework"
echo "$wanted" >"$mark"
