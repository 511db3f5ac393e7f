#!/bin/sh
# Makes a base image's root file system, $1, of unpacked Debian packages: what their scripts would have done, less what nobody
# reads in a container. No shell, no package manager, nothing that is setuid.
set -eu
root=$1
cd "$root"
if [ -d usr/share/ca-certificates ]; then cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt; fi
printf 'root:x:0:0:root:/:/sbin/nologin\nproxy:x:1337:1337:proxy:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n' > etc/passwd
printf 'root:x:0:\nproxy:x:1337:\nnonroot:x:65532:\n' > etc/group
printf 'hosts: files dns\n' > etc/nsswitch.conf
# Debian's alternatives: iptables by nf_tables, under the names that meshwork-init calls.
for name in iptables ip6tables; do
  for verb in '' -save -restore; do
    if [ -e "usr/sbin/$name-nft$verb" ]; then ln -sf "$name-nft$verb" "usr/sbin/$name$verb"; fi
  done
done
# Of util-linux only what enters the network of a pod.
if [ -e usr/bin/nsenter ]; then
  mv usr/bin/nsenter nsenter
  rm -rf usr/bin/* bin/[!i]* sbin/[a-z]*fs* sbin/[!i]*
  mv nsenter usr/bin/nsenter
fi
rm -rf dev/* boot home media mnt opt srv usr/share/ca-certificates usr/share/man usr/share/doc usr/share/locale usr/share/bash-completion \
  usr/share/gdb usr/share/perl5 usr/share/lintian usr/share/bug usr/share/debconf usr/share/pixmaps usr/share/base-files usr/share/menu \
  usr/bin/debconf* usr/bin/c_rehash usr/bin/openssl usr/sbin/dpkg-* usr/sbin/update-ca-certificates usr/lib/ssl/misc \
  usr/lib/x86_64-linux-gnu/gconv usr/lib/aarch64-linux-gnu/gconv usr/lib/x86_64-linux-gnu/perl* usr/bin/perl* \
  etc/apt etc/cron* etc/dpkg etc/debconf.conf etc/ca-certificates* var/cache/* var/lib/dpkg var/lib/apt var/log/*
find . -xdev -type f -perm /6000 -exec chmod a-s {} +
chmod 1777 tmp
