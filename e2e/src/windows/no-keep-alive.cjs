// Wine 8 does not know the option by which libuv sets keep-alive, and connecting fails without it.
process.binding('tcp_wrap').TCP.prototype.setKeepAlive = () => 0;
