// The bulk transfer of benches/engine.rs in ns-3: two nodes, 100 Mbit/s, 10 ms each way, CUBIC with SACK, checksums on. As there, the
// programs hand over octets and read them. (Zeros that are never stored, as ns-3's own applications send, cost 0.97 to 1.0 of it.)
//
// ns3_bulk SEGMENTS LOSS SEED
//
// Prints two numbers: virtual seconds until the last octet was read, and nanoseconds of processor time.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"

using namespace ns3;

static uint64_t wanted, received, unsent;
static uint8_t data[64 << 10], buffer[64 << 10];

static void Write(Ptr<Socket> socket, uint32_t) {
    while (unsent > 0) {
        const uint32_t chunk = std::min<uint64_t>({unsent, sizeof data, socket->GetTxAvailable()});
        const int taken = chunk > 0 ? socket->Send(data, chunk, 0) : 0;
        if (taken <= 0) return;
        unsent -= taken;
    }
}

static void Connected(Ptr<Socket> socket) { Write(socket, 0); }

static void Read(Ptr<Socket> socket) {
    for (int n; (n = socket->Recv(buffer, sizeof buffer, 0)) > 0;) received += n;
    if (received >= wanted) Simulator::Stop();
}

static void Accepted(Ptr<Socket> socket, const Address &) { socket->SetRecvCallback(MakeCallback(&Read)); }

static void Begin(Ptr<Socket> socket, Address to) { socket->Connect(to); }

int main(int argc, char **argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: ns3_bulk SEGMENTS LOSS SEED\n");
        return 2;
    }
    const uint32_t segment = 1448;
    wanted = std::strtoull(argv[1], nullptr, 10) * segment;
    const double loss = std::atof(argv[2]);
    RngSeedManager::SetSeed(1 + std::atoi(argv[3]));

    GlobalValue::Bind("ChecksumEnabled", BooleanValue(true));
    Config::SetDefault("ns3::TcpL4Protocol::SocketType", TypeIdValue(TcpCubic::GetTypeId()));
    Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(segment));
    Config::SetDefault("ns3::TcpSocket::InitialCwnd", UintegerValue(10));
    Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(1 << 20));
    Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(1 << 20));

    NodeContainer nodes;
    nodes.Create(2);
    PointToPointHelper link;
    link.SetDeviceAttribute("DataRate", StringValue("100Mbps"));
    link.SetDeviceAttribute("Mtu", UintegerValue(1500));
    link.SetChannelAttribute("Delay", StringValue("10ms"));
    link.SetQueue("ns3::DropTailQueue", "MaxSize", StringValue("500000B"));
    NetDeviceContainer devices = link.Install(nodes);
    if (loss > 0) {
        Ptr<RateErrorModel> model = CreateObject<RateErrorModel>();
        model->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
        model->SetRate(loss);
        devices.Get(1)->SetAttribute("ReceiveErrorModel", PointerValue(model));
    }
    InternetStackHelper().Install(nodes);
    Ipv4AddressHelper addresses;
    addresses.SetBase("10.0.0.0", "255.255.255.0");
    Ipv4InterfaceContainer at = addresses.Assign(devices);

    std::memset(data, 7, sizeof data);
    unsent = wanted;
    Ptr<Socket> listener = Socket::CreateSocket(nodes.Get(1), TcpSocketFactory::GetTypeId());
    listener->Bind(InetSocketAddress(Ipv4Address::GetAny(), 80));
    listener->Listen();
    listener->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address &>(), MakeCallback(&Accepted));
    Ptr<Socket> sender = Socket::CreateSocket(nodes.Get(0), TcpSocketFactory::GetTypeId());
    sender->SetConnectCallback(MakeCallback(&Connected), MakeNullCallback<void, Ptr<Socket>>());
    sender->SetSendCallback(MakeCallback(&Write));
    Simulator::Schedule(Seconds(0), &Begin, sender, InetSocketAddress(at.GetAddress(1), 80));

    timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    Simulator::Run();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    const double nanos = (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec);
    std::printf("%.9f %.0f\n", Simulator::Now().GetSeconds(), nanos);
    const bool done = received >= wanted;
    Simulator::Destroy();
    return done ? 0 : 1;
}
