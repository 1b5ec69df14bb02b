export type Case = {
  args: string[];
  stdin?: string;
  /** Parts that differ on purpose, and why. */
  except?: ('stdout' | 'stderr' | 'requests')[];
};

/** Each line is one command line, words separated by spaces; `''` and quoted words as in a shell. */
function lines(text: string): Case[] {
  return text
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => ({ args: words(line.trim()) }));
}

function words(line: string): string[] {
  const pieces = line.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? [];
  return pieces.map(piece =>
    piece.replace(/'([^']*)'|"([^"]*)"/g, (_, a?: string, b?: string) => a ?? b ?? ''),
  );
}

const GRAMMAR = lines(`
run
run --foo busybox
run -x busybox
run -it9 busybox
run -m
run --memory
run ---x
run --=x
run --name
run --env-fil x busybox
run --rm=maybe busybox
ps --foo
ps extra
foo
container foo
--foo
-H
ps --format
start
stop
rename a
port
logs a b
inspect
exec a
wait
rm
tag a
save
history
volume create a b
volume inspect
network inspect
help foo
-l bogus ps
run --help=maybe busybox
stats --foo
create
images a b
top
`);

const CONTAINER_FLAGS = lines(`
create busybox
create busybox sh -c 'echo hi' -d --rm
create -it busybox
create -itw /x busybox
create -i -a stdin -a stdout busybox
create --name=x busybox
create --name x --rm=false busybox
create -- busybox --name x
create -e A=b -e FROM_CALLER -e NOT_SET --env C=d=e busybox
create -eA=b busybox
create -e= busybox
create -e '' busybox
create -l a=b --label c -l d=e=f busybox
create -e constructor -e __proto__ -l __proto__=a -l constructor busybox
create --network __proto__ busybox
create --network name=x,driver-opt=__proto__=a busybox
create --mount type=volume,src=v,dst=/v,volume-label=__proto__=a,volume-opt=__proto__=b busybox
create --mount target=/x,constructor=y busybox
create --health-cmd true --health-interval 1constructor busybox
create --platform linux/constructor busybox
create --label '' busybox
create -l 'a b=c' busybox
create -p8080:80 busybox
create -p 80 busybox
create -p 127.0.0.1:8080:80/udp busybox
create -p=8080:80 busybox
create -p 8080-8082:80-82 busybox
create -p 8080-8082:80 busybox
create -p 8080-8081:80-82 busybox
create -p [::1]:8080:80 busybox
create -p ::1:8080:80 busybox
create -p 80/foo busybox
create -p foo busybox
create -p 70000:80 busybox
create -p x:80 busybox
create -p 1.2.3:80:80 busybox
create -p 8080: busybox
create -p published=8080,target=80 busybox
create -p published=8080,target busybox
create -p 8080:80 -p 8081:80 busybox
create -p 80:80/TCP busybox
create -P --expose 80 --expose 90-92/udp busybox
create --expose foo busybox
create --expose 80:80 busybox
create -v /a:/b -v /anon busybox
create -v vol:/c:ro busybox
create -v ./rel:/x busybox
create --tmpfs /t --tmpfs /u:size=1m,ro busybox
create --mount type=bind,source=/a,target=/b,readonly busybox
create --mount type=volume,src=v,dst=/v,volume-nocopy,volume-label=a=b,volume-driver=local,volume-opt=o=x busybox
create --mount type=tmpfs,target=/t,tmpfs-size=64m,tmpfs-mode=1777 busybox
create --mount type=bind,src=/a,dst=/b,bind-propagation=rslave,bind-recursive=disabled busybox
create --mount type=bind,src=/a,dst=/b,bind-recursive=readonly,readonly,bind-propagation=rprivate busybox
create --mount type=bind,src=/a,dst=/b,bind-recursive=readonly busybox
create --mount type=bind,src=/a,dst=/b,bind-recursive=foo busybox
create --mount type=bind busybox
create --mount type=bind,target=/b,volume-nocopy busybox
create --mount type=volume,target=/b,tmpfs-size=1 busybox
create --mount foo busybox
create --mount foo=bar,target=/x busybox
create --mount type=tmpfs,target=/x,tmpfs-size=q busybox
create --mount target=/x,readonly=perhaps busybox
create --mount '' busybox
create --mount type=image,source=busybox,target=/i,image-subpath=bin busybox
create -m 64m --memory-swap -1 --memory-reservation 32MiB busybox
create -m 1.5g busybox
create -m x busybox
create -m 10q busybox
create -m -1 busybox
create -m 4kib --shm-size 1gb busybox
create --memory-swappiness 101 busybox
create --memory-swappiness 50 busybox
create --cpus 1.5 -c 512 --cpu-quota 1000 --cpu-period 2000 --cpuset-cpus 0-1 --cpuset-mems 0 busybox
create --cpus abc busybox
create --cpus 0.0000000001 busybox
create --cpus 1/2 busybox
create --cpu-shares 0x10 busybox
create --pids-limit -1 --oom-score-adj -500 --oom-kill-disable busybox
create --oom-score-adj x busybox
create --blkio-weight 500 --blkio-weight-device /dev/sda:100 busybox
create --blkio-weight 99999999 busybox
create --blkio-weight-device /dev/sda:5 busybox
create --blkio-weight-device sda:100 busybox
create --device-read-bps /dev/sda:1mb --device-write-iops /dev/sda:100 busybox
create --device-read-bps x busybox
create --device-read-bps /dev/sda:x busybox
create --device-write-iops /dev/sda:1mb busybox
create --device-read-iops x:1 busybox
create --device /dev/null --device /dev/zero:/dev/z:r --device /dev/full:rw busybox
create --device null busybox
create --device /dev/null:/dev/z:q busybox
create --device-cgroup-rule 'c 1:3 rwm' busybox
create --device-cgroup-rule foo busybox
create --cap-add chown --cap-drop CAP_CHOWN --cap-drop mknod busybox
create --cap-add NET_ADMIN --cap-add=ALL --cap-drop CHOWN --privileged busybox
create --read-only --init -u 1000:1000 -w /w --entrypoint /bin/sh busybox -c x
create --init=false --entrypoint '' busybox
create -h host --domainname example.org busybox
create --ulimit nofile=1024:2048 --ulimit core=-1 busybox
create --ulimit nofile busybox
create --ulimit foo=1 busybox
create --ulimit nofile=a busybox
create --ulimit nofile=1:2:3 busybox
create --ulimit nofile=5:3 busybox
create --ulimit nofile=-1:3 busybox
create --restart always busybox
create --restart on-failure:3 busybox
create --restart on-failure:x busybox
create --restart :3 busybox
create --restart no --rm busybox
create --restart always --rm busybox
create --stop-signal SIGUSR1 --stop-timeout 3 busybox
create --stop-timeout x busybox
create --security-opt no-new-privileges --security-opt seccomp=unconfined --security-opt apparmor:foo busybox
create --security-opt systempaths=unconfined busybox
create --security-opt foo busybox
create --security-opt seccomp=/nonexistent.json busybox
create --sysctl net.ipv4.ip_forward=1 --sysctl kernel.shmmax=5 busybox
create --sysctl a busybox
create --sysctl kernel.foo=1 busybox
create --add-host a:1.2.3.4 --add-host b=::1 --add-host c:host-gateway --add-host d=[::1] busybox
create --add-host a busybox
create --add-host a:x busybox
create --dns 8.8.8.8 --dns-search example.org --dns-option ndots:2 --dns-opt x busybox
create --dns x busybox
create --dns 127.0.0.1 busybox
create --dns-search '!' busybox
create --dns-search . busybox
create --network host busybox
create --net none busybox
create --network mynet --network-alias a --net-alias b --ip 1.2.3.4 --link other:x busybox
create --network name=mynet,alias=web,ip=1.2.3.4,driver-opt=a=b,gw-priority=5 busybox
create --network a --network b busybox
create --network a --network a busybox
create --network a --network host busybox
create --network '' busybox
create --network host --network-alias x busybox
create --network foo=bar busybox
create --network container:other busybox
create --mac-address 92:d0:c6:0a:29:33 busybox
create --mac-address foo busybox
create --ip6 2001:db8::33 --link-local-ip 169.254.1.1 --network n busybox
create --link a:b busybox
create --link a:b:c busybox
create --ipc host --pid host --uts host --userns host --cgroupns private --cgroup-parent /x busybox
create --pid foo busybox
create --pid container:x busybox
create --uts foo busybox
create --userns foo busybox
create --cgroupns foo busybox
create --group-add wheel --group-add 10 busybox
create --log-driver json-file --log-opt max-size=1m --log-opt x busybox
create --log-driver none --log-opt a=b busybox
create --volumes-from a:ro --volume-driver foo --storage-opt size=1g busybox
create --storage-opt x busybox
create --health-cmd 'curl x' --health-interval 5s --health-timeout 1m30s --health-retries 3 --health-start-period 100ms --health-start-interval 2s busybox
create --no-healthcheck busybox
create --no-healthcheck --health-cmd x busybox
create --health-interval 10 busybox
create --health-interval -1s busybox
create --health-interval 5x busybox
create --annotation a=b --annotation c busybox
create --isolation default --runtime runc --platform linux/amd64 busybox
create -a foo busybox
create --pull foo busybox
create --cidfile /etc/passwd busybox
create --env-file /nonexistent busybox
create UPPER
create busybox:
create a//b
create -q warned
create taken
create --pull never absent
create absent
create --cpu-rt-period 5 --cpu-rt-runtime 3 busybox
create localhost:5000/x/y:z
create example.com/a@sha256:9ae97d36d26566ff84e8893c64a6dc4fe8ca6d1144bf5b87b2b85a32def253c7
create --privileged=0 --tty=T busybox
create --interactive=foo busybox
`);

const RUNNING = lines(`
run busybox
run busybox echo -n --rm
run --rm -i cat
run exit3
run --rm exit137
run -d busybox
run -d --rm --name x busybox
run -d -a stdout busybox
run -t busybox
run -it busybox
run -a stdin cat
run noexec
run noperm
run busy
run -d noexec
run absent
run --pull always busybox
run --pull foo busybox
run taken
run warned
run --restart always --rm busybox
run --sig-proxy=false --detach-keys ctrl-x busybox
exec busybox ls -l
exec -d busybox ls
exec exit3 false
exec -e A=b -e FROM_CALLER -u root -w /x --privileged busybox env
exec -it busybox sh
exec missing ls
start a b
start missing a
start -a exit3
start -a a b
start -a missing
attach stopped
attach paused
attach exit5
attach missing
stop a b
stop -t 0 a
stop -t5 -s SIGINT a
stop --time 3 a
stop missing a
restart -t 1 a
restart missing
kill a
kill -s HUP a b
kill --signal=9 missing
rm a b
rm -fv a
rm -f missing
rm missing
rm /slashed/
rm /
pause a
unpause a b
pause missing
wait exit3 a
wait missing
rename a b
rename missing b
rename '' b
top a
top a -o pid,comm
port a
port a 80
port a 53/udp
port a 99
logs a
logs -f --tail 5 -t a
logs --since 2026-11-20T10:00:00Z --until 2026-11-20T10:00:00.5Z a
logs --since 1700000000.5 a
logs --since foo a
logs --details -n 3 a
logs tty
logs missing
update -m 64m --cpus 1 a
update --restart on-failure:2 --pids-limit 5 a b
update a
update -m x a
update -m 1g warned
update --cpu-shares 5 missing
diff a
export a
`);

const LISTS = lines(`
ps
ps -a
ps -q
ps -aq --no-trunc
ps -l
ps -n 2
ps -s
ps --no-trunc
ps -f status=exited -f label=a=b --filter name=x
ps -f foo
ps --filter STATUS=running
ps --format '{{.Names}} {{.Status}}'
ps --format 'table {{.ID}}\\t{{.Names}}\\t{{.Image}}'
ps --format table
ps --format 'table {{.Names}}: {{.Label "com.example.some-label"}}'
ps --format 'table {{.Label "a"}}\\t{{upper .Names}}'
ps --format '{{.Size}}'
ps --format '{{.Ports}}'
ps --format '{{.Mounts}}|{{.LocalVolumes}}|{{.Networks}}|{{.Labels}}|{{.State}}|{{.Command}}|{{.RunningFor}}'
ps --no-trunc --format '{{.Mounts}}|{{.Names}}|{{.Image}}|{{.Command}}'
ps --format '{{.Foo'
ps --format '{{foo}}'
ps --format '{{range $i, $x := split .Names "_"}}{{$i}}={{$x}};{{end}}'
ps --format '{{if eq .State "running"}}up{{else}}down{{end}} {{len .Names}} {{.Names | printf "%10s|"}}'
ps --format '{{with .Label "a"}}{{.}}{{else}}none{{end}}'
ps --format '{{.Label "constructor"}}{{.Label "__proto__"}}.'
ps --filter label=constructor --filter __proto__=a
ps --format '{{- .Names -}} x {{/* nothing */}}y'
ps --format '{{truncate .ID 4}} {{pad .State 2 1}}| {{title .State}} {{lower .Names}} {{json .State}} {{join (split .Names "_") "-"}}'
ps --format '{{$n := .Names}}{{printf "%q %5.2f %-5s| %05d %t %v" $n 1.5 "x" 42 true 7}}'
ps --format '{{and .Names .State}} {{or "" .State}} {{not .Names}} {{ne .State "running"}} {{lt 1 2}} {{ge 2 2}} {{gt 1 2}} {{le 1 1}}'
ps --format '{{index (split .Names "_") 0}} {{print "a" 1 2 "b"}} {{println "x" 1}}'
ps --format '{{"quoted" | upper}} {{(index (split .Names "_") 0)}} {{html "<a>"}} {{urlquery "a b"}}'
ps --format '{{if and (eq .State "running") (not false)}}A{{else if eq .State "exited"}}B{{end}}'
images
images -q
images --digests
images --no-trunc
images busybox
images -a -f dangling=true
images --format '{{.Repository}}:{{.Tag}} {{.ID}} {{.CreatedSince}} {{.Size}}'
images --format 'table {{.Repository}}\\t{{.Digest}}'
image ls -q --no-trunc
history busybox
history -q --no-trunc busybox
history --human=false --format '{{.Size}} {{.CreatedBy}}' busybox
history --format '{{json .ID}} {{.CreatedSince}}' busybox
history --platform linux/arm64 busybox
history --platform linux/arm/v6 busybox
history --platform linux/arm64/v8 busybox
history --platform linux/a/b/c busybox
save --platform linux/x86_64 busybox
load --platform linux/amd64
load --platform bad/
image inspect --platform linux/arm64 only-image
volume ls --format json
network ls --format json
stats --no-stream --format json a
rmi busybox
rmi -f missing busybox
rmi missing
image rm --no-prune a b
tag busybox other
tag busybox example.com:5000/x:y
tag busybox UPPER
tag missing x
save busybox
save a b
load
load -q
load -i /nonexistent
import - repo:tag
import -c 'CMD x' -m msg - repo
import /nonexistent x
image prune -f
image prune -a -f
container prune -f
volume prune -f
volume prune -a -f
container prune
volume ls
volume ls -q
volume ls --format '{{.Name}} {{.Driver}} {{.Mountpoint}} {{.Labels}} {{.Scope}}'
volume ls -f dangling=true
volume create
volume create -d nfs -o a=b --label x=y vol
volume rm a missing
volume rm -f a
volume inspect volume
volume inspect missing
network ls
network ls -q
network ls --no-trunc --format '{{.ID}} {{.Name}} {{.Driver}} {{.Scope}} {{.IPv6}} {{.Internal}} {{.Labels}}'
network inspect network
network inspect missing
network create
network create a b
network create front
network create -d macvlan -o parent=eth0 --label x=y --internal --attachable --ipv6 --ipv4=false front
network create --subnet 10.1.0.0/16 --ip-range 10.1.4.0/24 --gateway 10.1.0.9 --aux-address a=10.1.0.7 --aux-address b=10.1.0.8 front
network create --subnet fd00::/64 --gateway fd00::1 --ipam-opt a=b --ipam-driver other front
network create --gateway 10.1.0.1 front
network create --subnet 10.1.0.0/16 --subnet 10.1.2.0/24 front
network create --subnet 10.1.0.0/16 --ip-range 10.2.0.0/24 front
network create --subnet 10.1.0.0/16 --gateway 10.2.0.1 front
network create --subnet 10.1.0.0/16 --subnet 10.2.0.0/16 --gateway 10.1.0.1 --gateway 10.1.0.2 front
network create --subnet 10.1.0.0/16 --aux-address a=10.2.0.1 front
network create --config-only --scope local front
network create --config-from template front
network create --help
network connect front web
network connect --alias a,b --alias c --ip 10.1.0.7 --ip6 fd00::7 --link db:data --link-local-ip 169.254.1.1 --driver-opt a=b --gw-priority -5 network web
network connect --driver-opt a front web
network connect front
network connect missing web
network connect --help
network disconnect front web
network disconnect -f network web
network disconnect --help
network rm network missing
network rm -f network missing
network remove network
network rm --help
network prune -f
network prune -f --filter label=a
network prune --help
network --help
events --until 1
events --format '{{.Type}} {{.Action}} {{.Actor.ID}}' --until 1
events --format json --until 1
events -f type=container --since 5 --until 1
events --format '{{.Foo' --until 1
stats --no-stream a
stats --no-stream
stats --no-stream --format '{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.MemPerc}} {{.NetIO}} {{.BlockIO}} {{.PIDs}} {{.Container}}' a
system df
system df -v
system df --format json
system df --format '{{.Type}} {{.TotalCount}} {{.Active}} {{.Size}} {{.Reclaimable}}'
system df -v --format '{{json .Volumes}}'
system df -v --format '{{range .Images}}{{.Repository}} {{.UniqueSize}};{{end}}{{range .BuildCache}}{{.ID}} {{end}}'
system df -v --format 'table {{.Type}}'
system prune -f
system prune -f -a --volumes
system prune -f --filter label=a
system prune -f --volumes --filter until=1h
system prune
system prune -a --volumes --filter label=a --filter until=1h
system prune --volumes
system prune --filter label=a --filter until=1h
`);

const INSPECT = lines(`
inspect a
inspect a b
inspect -s a
inspect missing
inspect a missing
inspect only-image
inspect --type image only-image
inspect --type container only-image
inspect --type foo a
inspect -f '{{.State.Running}} {{.Name}} {{.Config.Env}}' a
inspect -f '{{json .Config.Labels}}' a
inspect -f '{{range .Config.Env}}{{.}};{{end}}' a
inspect -f '{{index .Config.Labels "a.b"}}' a
inspect -f '{{range $p, $b := .NetworkSettings.Ports}}{{$p}}={{len $b}} {{end}}' a
inspect -f '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}' a
inspect -f '{{.NetworkSettings.Networks.bridge.IPAddress}}' a
inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' a
inspect -f '{{.HostConfig.Memory}}' a
inspect -f '{{.Foo}}' a
inspect -f '{{.Foo' a
inspect -f '{{.State.Foo.Bar}}' a
inspect -f '{{.Name}}' missing
container inspect a
container inspect missing
image inspect only-image
image inspect missing
`);

const FILES = lines(`
cp
cp a
cp a b
cp a b c
cp --foo a b
cp a:/file b:/file
cp '' a:/dir
cp a:/dir ''
cp - -
cp a:/file -
cp a:/dir/ -
cp -L a:/link -
cp a:/link -
cp a:/nope -
cp missing:/file -
cp a:/file /nope/x
cp a:/file /dev/null
cp - a:/dir
cp -a - a:/dir
cp - a:/link
cp - a:/file
cp - a:/nope
cp - missing:/dir
cp nope a:/dir
cp ./nope:x a:/dir
cp -L nope a:/dir
cp src a:/file
cp LICENSE a:/nope/
cp LICENSE a:/dir
cp LICENSE a:/file
cp LICENSE missing:/dir
container cp a:/file -
commit
commit a b c
commit --foo a
commit a
commit a b
commit a b:c
commit a UP
commit a b@sha256:0000000000000000000000000000000000000000000000000000000000000000
commit -a 'Me <me@x>' -m 'a message' -c 'ENV A=b' --change 'CMD x' a localhost:5000/b:c
commit --pause=false a
commit -p a
commit missing
container commit a
diff a
diff missing
container diff a
`);

/** Where we differ on purpose. */
const EXCEPTIONS: Record<string, Case['except']> = {
  // Warnings of the command line go to standard error: standard output is what scripts read.
  'stop --time 3 a': ['stdout', 'stderr'],
  // Kinds of objects that there are none of here.
  'inspect --type foo a': ['stderr'],
  // Creating the exec is what tells a missing container; looking first would cost a request each time.
  'exec missing ls': ['requests'],
  // Archives of files have the times of the day in them.
  'cp LICENSE a:/dir': ['requests'],
  'cp LICENSE a:/file': ['requests'],
  // They have begun to pack, and tell of it.
  'cp LICENSE a:/nope/': ['stderr'],
  'cp src a:/file': ['stderr'],
  'cp LICENSE missing:/dir': ['requests'],
  // `network doctor` is our own.
  'network --help': ['stdout'],
  // They say twice that it is detached.
  'exec -d busybox ls': ['requests'],
};

export const CASES: readonly Case[] = [
  ...GRAMMAR,
  ...CONTAINER_FLAGS,
  ...RUNNING,
  ...LISTS,
  ...INSPECT,
  ...FILES,
].map(item => withInput(item));

/** Commands that read their input get some. */
function withInput(item: Case): Case {
  const except = EXCEPTIONS[item.args.join(' ')];
  if (except !== undefined) return { ...item, except };
  if (item.args.includes('cat')) return { ...item, stdin: 'from the input\n' };
  if (item.args.join(' ').match(/^cp (?:-a )?- /)) return { ...item, stdin: 'an archive' };
  if (item.args[0] === 'load' || item.args[0] === 'import') return { ...item, stdin: 'an archive' };
  return item;
}

export function titleOf({ args }: Case): string {
  return args.map(word => (/^[\w@%+=:,./{}[\]-]+$/.test(word) ? word : `'${word}'`)).join(' ');
}
