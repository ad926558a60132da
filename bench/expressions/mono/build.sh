#!/bin/sh
# Builds the other side of the comparison: target/bench/mono/Bench.exe, with the compiler of the oracle.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
sh "$root/tests/oracle/setup.sh"
from="$root/target/oracle/bin"
to="$root/target/bench/mono"
model="$root/tests/oracle/csharp"
facades=/usr/lib/mono/4.5/Facades
mkdir -p "$to"
cp "$from"/Microsoft.CodeAnalysis.dll "$from"/Microsoft.CodeAnalysis.CSharp.dll "$from"/System.Collections.Immutable.dll \
    "$from"/System.Reflection.Metadata.dll "$from"/Newtonsoft.Json.dll "$to"
mcs -nologo -optimize -nowarn:1701,1702 -target:exe -out:"$to/Bench.exe" -r:"$facades/netstandard.dll" -r:System.Xml.Linq \
    -r:"$to/Newtonsoft.Json.dll" -r:"$to/Microsoft.CodeAnalysis.dll" -r:"$to/Microsoft.CodeAnalysis.CSharp.dll" \
    -r:"$to/System.Collections.Immutable.dll" $(printf -- '-r:%s ' "$facades"/System.*.dll) \
    "$model/Interfaces.cs" "$model/Extensions.cs" "$model/Model.cs" "$here/Bench.cs"
