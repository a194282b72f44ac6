//! A host's TCP settings change while its connections live.

use super::Sockets;
use super::socket::Kind;
use crate::net::{Observer, SocketId};
use crate::probe::Context;
use crate::tcp::Config;

impl<O: Observer> Sockets<'_, O> {
    /// Changes the host's TCP settings, those of its living connections too, as far as they can change in the middle of a
    /// connection ([`Config::retune`]); what differs otherwise holds for connections to come. Settings in which `to` is as
    /// the host was stay as each socket has them.
    pub fn retune(&mut self, to: &Config) {
        let from = std::mem::replace(&mut self.host.config.tcp, to.clone());
        let (node, now) = (self.host.id, self.fabric.now);
        for id in self.host.sockets.ids().collect::<Vec<SocketId>>() {
            match self.host.sockets.get_mut(id).map(|socket| &mut socket.kind) {
                Some(Kind::Fresh(config)) => config.retune(&from, to),
                Some(Kind::Listener(listener)) => listener.config.retune(&from, to),
                Some(Kind::Tcp(tcp)) => {
                    if O::WATCHES {
                        self.observer.endpoint(now, node, id);
                    }
                    tcp.conn.retune(&mut Context::new(now, self.observer), &from, to);
                    self.host.tcp_after(self.fabric, id, self.observer);
                }
                _ => {}
            }
        }
        self.host.plan_wake(self.fabric);
    }
}
