#!/bin/sh
# Makes a research system in a folder, to compare scanners on: Debian 12 with R,
# Octave, TeX, Ruby, PHP, Java, Node.js, Go, Python with torch, Erlang and OCaml,
# and over it what no package manager knows: an R library and programs that were
# copied by hand, jars, an npm application.
#
#   research-image.sh FOLDER      (as root; needs debootstrap, npm and a network)
#   landwaiter inventory dir:FOLDER --format json > ours.json
#   syft scan dir:FOLDER -o json > syft.json
#   go run ./internal/lwtest/recall ours.json syft.json
set -eu
root=${1:?name a folder}
mirror=http://deb.debian.org/debian
packages="r-base-core r-recommended r-cran-jsonlite r-cran-dplyr r-cran-ggplot2 octave octave-statistics octave-io
 texlive-latex-base ruby ruby-nokogiri bundler php-cli composer default-jre-headless maven nodejs npm golang-1.19-go
 ripgrep python3-pip python3-venv python3-torch python3-pandas python3-sklearn elixir ocaml-findlib lua5.4 luarocks
 libghc-aeson-dev git curl"
copied="r-cran-caret r-cran-data.table jq samtools plink1.9 bedtools sqlite3 redis-server nginx-core curl git ffmpeg
 libavcodec59 openssh-client socat nmap tmux vim-tiny wget libhdf5-103-1 libopenblas0-pthread gdal-bin libgdal32
 busybox-static zstd"

debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror"
mount -t proc proc "$root/proc"
trap 'umount "$root/proc"' EXIT
# shellcheck disable=SC2086 # the lists are meant to fall apart
chroot "$root" /usr/bin/env -i DEBIAN_FRONTEND=noninteractive PATH=/usr/bin:/bin:/usr/sbin:/sbin sh -eu -c "
 apt-get update -qq && apt-get install -qqy --no-install-recommends $(echo $packages) >/dev/null
 mkdir /copied && cd /copied && apt-get download -qq $(echo $copied)
 for d in *.deb; do dpkg-deb -x \$d x; done
 mkdir -p /opt/rlib /opt/tools/bin /opt/tools/lib /opt/java
 cp -r x/usr/lib/R/site-library/* /opt/rlib/
 find x -type f -perm -100 \( -path '*/bin/*' -o -path '*/sbin/*' \) -exec cp {} /opt/tools/bin/ \;
 find x -type f -name 'lib*.so*' -exec cp {} /opt/tools/lib/ \;
 cp -L /usr/share/java/guava.jar /usr/share/java/commons-io.jar /opt/java/
 cp /usr/bin/tar /usr/local/bin/mystery
 cd / && rm -r /copied && apt-get clean"
mkdir -p "$root/srv/app"
(cd "$root/srv/app" && npm init -y >/dev/null && npm install --silent express react webpack typescript lodash@4.17.15)
