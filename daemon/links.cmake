# Drivers of network devices, and what the kernel says about devices. Not pure: they own descriptors and memory.
add_library(links STATIC closer.c link.c link_both.c link_file.c link_filter.c link_packet.c link_pcap.c link_tap.c netdev.c offload.c
  offload_memo.c rtnl.c shield.c txq.c)
target_include_directories(links PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_definitions(links PRIVATE _GNU_SOURCE)
target_link_libraries(links PUBLIC common PRIVATE bridge PkgConfig::PCAP PkgConfig::MNL Threads::Threads)
