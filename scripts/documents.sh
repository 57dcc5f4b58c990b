#!/usr/bin/env bash
# Checks PDF, Word and Excel files with veraPDF, PDFBox and the schemas of Office Open XML, as the tests of pkg/document do.
#   documents.sh fetch            take the checkers into bin/documents by Maven (pkg/document/testdata/validator/pom.xml)
#   documents.sh check FILE...    check files: PDF/A-2a, PDF/UA-1, text and pictures beside them (--text before the name: no
#                                 conformance, no pictures), or the schemas. Exit code 1: a check failed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$PWD/bin/documents
source=pkg/document/testdata/validator

java=java
[ -z "${JAVA_HOME:-}" ] || java=$JAVA_HOME/bin/java

fetch() {
	local said version stamp
	command -v "$java" >/dev/null && command -v mvn >/dev/null || scripts/need.sh kafka # Java and Maven
	said=$("$java" -version 2>&1) || said=
	version=$(sed -n 's/.*version "\([0-9]*\).*/\1/p' <<<"$said" | head -n 1)
	if [ "${version:-0}" -lt 17 ]; then
		echo "Checking documents needs Java 17 or newer, and this machine has ${version:-none} (Debian: openjdk-17-jre-headless)." >&2
		exit 2
	fi
	mkdir -p bin
	exec 9>bin/.documents.lock # several tests may ask at once
	flock 9
	stamp=$({ cat "$source/pom.xml" "$source/Validate.java" && "$java" -version 2>&1 && pwd; } | sha256sum | cut -c1-16)
	if [ "$(cat "$folder/.stamp" 2>/dev/null)" != "$stamp" ]; then
		echo "Fetching the checkers of documents by Maven into bin/documents…" >&2
		rm -rf "$folder"
		mkdir -p "$folder/classes"
		mvn -B -q -ntp -C -Dstyle.color=never -f "$source/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$folder/lib" >&2
		# The compiler comes by Maven too: a Java runtime has none.
		"$java" -jar "$folder"/lib/ecj-*.jar -17 -nowarn -cp "$(printf '%s:' "$folder"/lib/*.jar)" -d "$folder/classes" "$source/Validate.java" >&2
		echo "$stamp" >"$folder/.stamp"
	fi
	exec 9>&-
}

case ${1:-} in
fetch) fetch ;;
check)
	shift
	files=()
	for file in "$@"; do
		case $file in
		--text) files+=("$file") ;;
		*) files+=("$(cd - >/dev/null && realpath "$file")") ;;
		esac
	done
	fetch
	exec "$java" -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx1g -Djava.awt.headless=true -cp "$folder/classes:$folder/lib/*" Validate "${files[@]}"
	;;
*) sed -n '2,6p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
