// The bulk transfer of benches/engine.rs in ns-3: two nodes, 100 Mbit/s, 10 ms each way, CUBIC with SACK, checksums on,
// and ns-3's own applications, which copy no octet. (Programs that hand over stored octets and read them take 0.9 of their time without loss
// and as much with 1%.)
//
// ns3_bulk SEGMENTS LOSS SEED
//
// Prints two numbers: virtual seconds until the last octet was read, and nanoseconds of processor time.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "ns3/applications-module.h"
#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"

using namespace ns3;

static uint64_t wanted, received;

static void Received(Ptr<const Packet> packet, const Address &) {
    received += packet->GetSize();
    if (received >= wanted) Simulator::Stop();
}

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

    BulkSendHelper source("ns3::TcpSocketFactory", InetSocketAddress(at.GetAddress(1), 80));
    source.SetAttribute("MaxBytes", UintegerValue(wanted));
    source.SetAttribute("SendSize", UintegerValue(64 << 10));
    source.Install(nodes.Get(0)).Start(Seconds(0));
    PacketSinkHelper sink("ns3::TcpSocketFactory", InetSocketAddress(Ipv4Address::GetAny(), 80));
    ApplicationContainer sinks = sink.Install(nodes.Get(1));
    sinks.Start(Seconds(0));
    sinks.Get(0)->TraceConnectWithoutContext("Rx", MakeCallback(&Received));

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
