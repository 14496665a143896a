# The RADIUS role's server: FreeRADIUS with one user, PAP and MS-CHAPv2, and accounting that is acknowledged and dropped.
mkdir -p /etc/freeradius/hotgate
cat > /etc/freeradius/hotgate/radiusd.conf <<'CONF'
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = /etc/freeradius/hotgate
name = freeradius
run_dir = /run/freeradius
logdir = /run/freeradius
pidfile = /run/freeradius/freeradius.pid
max_request_time = 30
hostname_lookups = no
log {
  destination = files
  file = /run/freeradius/log
}
security {
  user = freerad
  group = freerad
  reject_delay = 0
}
thread pool {
  start_servers = 2
  max_servers = 4
  min_spare_servers = 1
  max_spare_servers = 2
}
client wire {
  ipaddr = 10.77.0.0/24
  secret = hotgate-radius-secret
  require_message_authenticator = yes
}
modules {
  always ok {
    rcode = ok
  }
  pap {
  }
  mschap {
    use_mppe = no
  }
}
server hotgate {
  listen {
    type = auth
    ipaddr = *
    port = 1812
  }
  listen {
    type = acct
    ipaddr = *
    port = 1813
  }
  authorize {
    if (&User-Name == "probe") {
      update control {
        &Cleartext-Password := "Gate-Keeper-2"
      }
    }
    mschap
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
    Auth-Type MS-CHAP {
      mschap
    }
  }
  preacct {
  }
  accounting {
    ok
  }
  post-auth {
    update reply {
      &Reply-Message := "Hotgate lets you in."
      &Message-Authenticator := 0x00
    }
    Post-Auth-Type REJECT {
      update reply {
        &Message-Authenticator := 0x00
      }
    }
  }
}
CONF
chown -R freerad:freerad /etc/freeradius/hotgate
# Its modules say what is wrong with the file; the folders of /run are the guest's.
mkdir -p /run/freeradius && chown freerad:freerad /run/freeradius
freeradius -C -X -d /etc/freeradius/hotgate > /run/freeradius/check || { tail -n 20 /run/freeradius/check; exit 1; }
