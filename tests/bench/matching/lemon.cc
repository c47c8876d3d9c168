// LEMON (https://lemon.cs.elte.hu) on a graph from a file, for the benchmark beside this file: `lemon EDGES`.
// Prints processor seconds, seconds by the clock, peak memory in MB, pairs and score; reading is not in the times.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <vector>

#include <sys/resource.h>

#include <lemon/matching.h>
#include <lemon/smart_graph.h>

using Graph = lemon::SmartGraph;
using Points = Graph::EdgeMap<long long>;

int main(int, char **arguments) {
  std::ifstream file(arguments[1]);
  long long vertices = 0, edges = 0;
  file >> vertices >> edges;
  Graph graph;
  graph.reserveNode(vertices);
  graph.reserveEdge(edges);
  for (long long v = 0; v < vertices; ++v) graph.addNode();
  Points worth(graph);
  // More than any difference of scores, so that the number of pairs goes first.
  const long long offset = 1 << 30;
  long long u, v, score;
  while (file >> u >> v >> score) {
    worth[graph.addEdge(graph.nodeFromId(u), graph.nodeFromId(v))] = score + offset;
  }

  const auto started = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  lemon::MaxWeightedMatching<Graph, Points> matching(graph, worth);
  matching.fractionalInit();
  matching.start();
  const double cpu_seconds = double(std::clock() - cpu) / CLOCKS_PER_SEC;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - started;

  const long long pairs = matching.matchingSize();
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%.6f %.6f %.1f %lld %lld\n", cpu_seconds, wall.count(), usage.ru_maxrss / 1024.0, pairs,
              matching.matchingWeight() - pairs * offset);
}
